"""The metadata schema and its rows on a real group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from innodb_cluster.effects.mysql import metadata
from innodb_cluster.effects.mysql.metadata_schema import schema_objects
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.metadata import InstanceRow, RouterRow
from tests.contract.mysql.servers import CLUSTER_ID, GROUP_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from innodb_cluster.effects.mysql.connection import Session

pytestmark = pytest.mark.mysql

SEED = InstanceRow(
    address="db-0:3306",
    server_uuid="00000000-0000-0000-0000-000000000000",
    server_id=1000,
    xaddress="db-0:33060",
    gr_address="db-0:3306",
    recovery_account="mysql_innodb_cluster_1000",
)
JOINER = replace(
    SEED,
    address="db-1:3306",
    server_uuid="11111111-1111-1111-1111-111111111111",
    server_id=1001,
    xaddress="db-1:33060",
    gr_address="db-1:3306",
    recovery_account="mysql_innodb_cluster_1001",
)
ROUTER = RouterRow(router_id=4711, address="db-router-1")


VIEWS = """
SELECT table_name FROM information_schema.views
WHERE table_schema = 'mysql_innodb_cluster_metadata' AND security_type = 'INVOKER'
"""


class KilledError(Exception):
    """The caller died."""


class MortalSession:
    """A session whose caller dies after some writes."""

    def __init__(self, session: Session, writes: int) -> None:
        self._session = session
        self._writes = writes

    def query(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        return self._session.query(statement, parameters)

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        if self._writes == 0:
            raise KilledError
        self._writes -= 1
        self._session.execute(statement, parameters)


@pytest.fixture
def session(primary: Session) -> Iterator[Session]:
    """Give a session on a primary without metadata."""
    primary.execute("DROP DATABASE IF EXISTS mysql_innodb_cluster_metadata")
    yield primary
    primary.execute("DROP DATABASE IF EXISTS mysql_innodb_cluster_metadata")


@pytest.fixture
def cluster(session: Session) -> Session:
    """Give a session on a primary whose metadata has the cluster and no member."""
    metadata.ensure_schema(session)
    metadata.ensure_cluster_row(session, CLUSTER_ID, "db", GROUP_NAME, "pm")
    return session


def executed(session: Session) -> str:
    """Every transaction so far."""
    return str(session.query("SELECT @@GLOBAL.gtid_executed AS g")[0]["g"])


def column(session: Session, statement: str) -> list[Any]:
    """The first column of a query."""
    return [next(iter(row.values())) for row in session.query(statement)]


def test_the_schema_survives_a_kill_at_every_statement_and_then_costs_no_transaction(
    session: Session,
) -> None:
    """Version 0.0.0 until the last object exists; a complete schema is only read."""
    for _ in range(len(schema_objects()) + 2):
        with pytest.raises(KilledError):
            metadata.ensure_schema(MortalSession(session, writes=1))
        assert metadata.read_schema_version(session) in {None, (0, 0, 0)}
    assert metadata.ensure_schema(MortalSession(session, writes=1))
    assert metadata.read_schema_version(session) == (2, 4, 0)
    before = executed(session)
    assert not metadata.ensure_schema(session)
    assert executed(session) == before


def test_a_lost_object_comes_back_without_a_moment_of_version_zero(session: Session) -> None:
    """Routers keep on reading."""
    metadata.ensure_schema(session)
    session.execute("DROP VIEW mysql_innodb_cluster_metadata.v2_cs_members")
    assert metadata.ensure_schema(MortalSession(session, writes=1))
    assert not metadata.ensure_schema(session)


def test_the_view_that_hides_dead_members_from_routers_comes_back(session: Session) -> None:
    """MySQL Shell's own shows every row to everyone."""
    metadata.ensure_schema(session)
    everyone = "CREATE OR REPLACE VIEW mysql_innodb_cluster_metadata.v2_instances AS SELECT "
    session.execute(everyone + "* FROM mysql_innodb_cluster_metadata.instances")
    assert metadata.ensure_schema(MortalSession(session, writes=1))
    assert not metadata.ensure_schema(session)


def test_schemas_of_other_versions_are_left_alone(session: Session) -> None:
    """A newer one serves as it is; an older one only the Shell may change; nor one that it is changing."""
    metadata.ensure_schema(session)
    view = (
        "CREATE OR REPLACE VIEW mysql_innodb_cluster_metadata.schema_version (major, minor, patch) AS SELECT "
    )
    session.execute(view + "2, 5, 0")
    assert not metadata.ensure_schema(session)
    session.execute(view + "2, 3, 0")
    with pytest.raises(ConfigurationError, match="upgradeMetadata"):
        metadata.ensure_schema(session)
    session.execute(view + "0, 0, 0")
    session.execute("CREATE DATABASE mysql_innodb_cluster_metadata_bkp")
    with pytest.raises(TemporaryError, match="Shell"):
        metadata.ensure_schema(session)
    session.execute("DROP DATABASE mysql_innodb_cluster_metadata_bkp")


def test_every_view_can_be_read_and_runs_with_the_rights_of_its_reader(session: Session) -> None:
    """SQL SECURITY INVOKER, all of them."""
    metadata.ensure_schema(session)
    names = column(session, VIEWS)
    assert len(names) == 13
    for name in names:
        session.query("SELECT * FROM mysql_innodb_cluster_metadata." + name)


def test_rows_are_written_once(cluster: Session) -> None:
    """The second call of each function writes nothing."""
    before = executed(cluster)
    assert not metadata.ensure_cluster_row(cluster, CLUSTER_ID, "db", GROUP_NAME, "pm")
    assert executed(cluster) == before
    assert metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    assert metadata.ensure_instance_row(cluster, CLUSTER_ID, JOINER)
    assert metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    before = executed(cluster)
    assert not metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    assert not metadata.ensure_instance_row(cluster, CLUSTER_ID, JOINER)
    assert not metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    assert executed(cluster) == before
    assert metadata.read_instances(cluster, CLUSTER_ID) == (SEED, JOINER)
    assert metadata.read_routers(cluster, CLUSTER_ID) == (ROUTER,)


def test_a_server_with_a_new_identity_keeps_its_row_and_its_tags(cluster: Session) -> None:
    """After a new volume: same address, other server_uuid."""
    metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    cluster.execute(
        "UPDATE mysql_innodb_cluster_metadata.instances"
        " SET attributes = JSON_SET(attributes, '$.tags', JSON_OBJECT('_hidden', CAST('true' AS JSON)))"
    )
    renewed = replace(SEED, server_uuid="22222222-2222-2222-2222-222222222222")
    assert metadata.ensure_instance_row(cluster, CLUSTER_ID, renewed)
    assert metadata.read_instances(cluster, CLUSTER_ID) == (renewed,)
    assert column(
        cluster, "SELECT attributes ->> '$.tags._hidden' FROM mysql_innodb_cluster_metadata.instances"
    ) == ["true"]


def test_second_rows_of_a_server_go_away(cluster: Session) -> None:
    """Two primaries can insert at once, and a restored row can claim another's identity."""
    metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    cluster.execute(
        "INSERT INTO mysql_innodb_cluster_metadata.instances"
        " (cluster_id, address, mysql_server_uuid, instance_name, addresses, attributes, instance_type)"
        " SELECT cluster_id, address, mysql_server_uuid, instance_name, addresses, attributes, instance_type"
        " FROM mysql_innodb_cluster_metadata.instances"
    )
    metadata.ensure_instance_row(cluster, CLUSTER_ID, replace(JOINER, server_uuid=SEED.server_uuid))
    assert metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    assert metadata.read_instances(cluster, CLUSTER_ID) == (SEED,)


def test_what_is_removed_is_gone_and_removing_it_again_writes_nothing(cluster: Session) -> None:
    """Members and routers."""
    metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    assert metadata.remove_instance_row(cluster, CLUSTER_ID, SEED.address)
    assert metadata.remove_router_row(cluster, ROUTER.router_id)
    before = executed(cluster)
    assert not metadata.remove_instance_row(cluster, CLUSTER_ID, SEED.address)
    assert not metadata.remove_router_row(cluster, ROUTER.router_id)
    assert executed(cluster) == before
    assert metadata.read_instances(cluster, CLUSTER_ID) == ()
    assert metadata.read_routers(cluster, CLUSTER_ID) == ()


def test_a_router_keeps_what_it_wrote_and_loses_a_double(cluster: Session) -> None:
    """Its version is its own; a row of the same pod under another id goes away."""
    metadata.ensure_router_row(cluster, CLUSTER_ID, replace(ROUTER, router_id=1))
    metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    cluster.execute("UPDATE mysql_innodb_cluster_metadata.v2_routers SET version = '9.7.4'")
    assert not metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    assert metadata.read_routers(cluster, CLUSTER_ID) == (replace(ROUTER, version="9.7.4"),)


def test_the_cluster_follows_its_mode_and_name(cluster: Session) -> None:
    """And what the Shell wrote beside them stays."""
    assert metadata.ensure_cluster_row(cluster, CLUSTER_ID, "renamed", GROUP_NAME, "mm")
    row = cluster.query("SELECT * FROM mysql_innodb_cluster_metadata.v2_gr_clusters")[0]
    assert (row["cluster_name"], row["primary_mode"], row["group_name"]) == ("renamed", "mm", GROUP_NAME)
    communication = "SELECT attributes ->> '$.capabilities.communicationStack.value' FROM "
    assert column(cluster, communication + "mysql_innodb_cluster_metadata.clusters") == ["MYSQL"]


def test_rows_of_the_cluster_that_a_snapshot_came_from_are_forgotten(cluster: Session) -> None:
    """Routers refuse metadata with two clusters."""
    other = "dddddddd-0000-4000-8000-000000000002"
    metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    metadata.ensure_cluster_row(cluster, other, "old", GROUP_NAME, "pm")
    metadata.ensure_instance_row(cluster, other, JOINER)
    metadata.ensure_router_row(cluster, other, ROUTER)
    assert metadata.forget_other_clusters(cluster, CLUSTER_ID)
    assert not metadata.forget_other_clusters(cluster, CLUSTER_ID)
    assert column(cluster, "SELECT cluster_id FROM mysql_innodb_cluster_metadata.clusters") == [CLUSTER_ID]
    assert metadata.read_instances(cluster, CLUSTER_ID) == (SEED,)
    assert metadata.read_routers(cluster, other) == ()


def test_json_attributes_have_the_types_that_the_shell_writes(cluster: Session) -> None:
    """server_id unsigned; only later members have a joinTime."""
    metadata.ensure_instance_row(cluster, CLUSTER_ID, SEED)
    metadata.ensure_instance_row(cluster, CLUSTER_ID, JOINER)
    rows = cluster.query(
        "SELECT JSON_TYPE(attributes -> '$.server_id') AS id, attributes ->> '$.joinTime' AS joined"
        " FROM mysql_innodb_cluster_metadata.instances ORDER BY instance_id"
    )
    assert [row["id"] for row in rows] == ["UNSIGNED INTEGER", "UNSIGNED INTEGER"]
    assert [row["joined"] is None for row in rows] == [True, False]


def test_routing_options_can_be_set_as_the_shell_does(cluster: Session) -> None:
    """The router's own value wins over its cluster's."""
    metadata.ensure_router_row(cluster, CLUSTER_ID, ROUTER)
    call = "CALL mysql_innodb_cluster_metadata."
    cluster.execute(
        f"{call}v2_set_global_cluster_router_option('{CLUSTER_ID}', 'read_only_targets', '\"all\"')"
    )
    option = (
        "SELECT router_options ->> '$.read_only_targets' FROM mysql_innodb_cluster_metadata.v2_router_options"
    )
    assert column(cluster, option) == ["all"]
    of_router = f"{call}v2_set_cluster_routing_option('db-router-1::', '{CLUSTER_ID}', 'read_only_targets', "
    cluster.execute(of_router + "'\"read_replicas\"')")
    assert column(cluster, option) == ["read_replicas"]
    cluster.execute(of_router + "NULL)")
    assert column(cluster, option) == ["all"]


def test_the_router_account_gets_its_grants_once(cluster: Session) -> None:
    """A second call writes nothing and leaves the password."""
    user = "mysqlrouter_of_a_test"
    assert metadata.ensure_router_account(cluster, user, "first")
    before = executed(cluster)
    assert not metadata.ensure_router_account(cluster, user, "second")
    assert executed(cluster) == before
    cluster.execute(f"DROP USER '{user}'@'%'")
