"""A router with a static configuration routes by the metadata that is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from innodb_cluster.agent import router as router_agent
from innodb_cluster.agent.router_stranded import StrandedWatch
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.files.store import write_private
from innodb_cluster.effects.mysql import metadata
from innodb_cluster.effects.mysql.connection import connect_tcp
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.names import ROUTER_ACCOUNT
from tests.contract.mysql.conftest import instance_row_of, reads_from, routes
from tests.contract.mysql.routers import METADATA_PASSWORD, state_file
from tests.contract.mysql.servers import CLUSTER_ID, HOST, join_group, own, wait_until, wait_whole

if TYPE_CHECKING:
    from innodb_cluster.effects.mysql.connection import Session
    from tests.contract.mysql.routers import Router
    from tests.contract.mysql.servers import Server

pytestmark = pytest.mark.mysql


def listens(router: Router) -> bool:
    """Whether the REST API answers."""
    try:
        router.rest().is_alive("rw")
    except TemporaryError:
        return False
    return True


def test_a_router_waits_for_the_metadata_without_a_restart(early_router: Router) -> None:
    """It listens, and routes nothing yet."""
    wait_until(lambda: listens(early_router), 20, "the router does not start")
    assert not routes(early_router)


def test_a_router_finds_primary_and_secondaries(router: Router, registered: list[Server]) -> None:
    """Writes go to the primary, reads to the secondaries; both are proved by a client."""
    assert router.rest().destinations("rw") == (registered[0].address,)
    assert reads_from(router) == {server.address for server in registered[1:]}
    with router.client("rw") as client:
        assert client.query("SELECT @@server_id AS id")[0]["id"] == registered[0].server_id
    with router.client("ro") as client:
        assert client.query("SELECT @@server_id AS id")[0]["id"] != registered[0].server_id


def test_a_member_without_a_row_gets_no_clients(
    router: Router, registered: list[Server], primary: Session
) -> None:
    """The metadata says who belongs to the cluster, the group says who is well."""
    metadata.remove_instance_row(primary, CLUSTER_ID, registered[2].address)
    wait_until(
        lambda: reads_from(router) == {registered[1].address}, 20, "the router still uses the removed row"
    )
    with registered[2].root() as session:
        metadata.ensure_instance_row(primary, CLUSTER_ID, instance_row_of(registered[2], session))
    everyone = {server.address for server in registered[1:]}
    wait_until(lambda: reads_from(router) == everyone, 20, "the router does not use the new row")


def _listed(server: Server, router: Router) -> int:
    """How many members a server shows to routers."""
    ca = str(router.certificates.ca)
    with connect_tcp(HOST, server.port, ROUTER_ACCOUNT, METADATA_PASSWORD, ca) as session:
        return int(session.one("SELECT COUNT(*) AS n FROM mysql_innodb_cluster_metadata.v2_instances")["n"])


def test_routers_are_not_shown_a_member_that_is_out_of_the_group(
    router: Router, registered: list[Server], primary: Session
) -> None:
    """They would wait for it; everyone else sees it, and so do routers where too few are left (ADR 30)."""
    assert [_listed(server, router) for server in registered] == [3, 3, 3]
    with registered[2].root() as session:
        session.execute("STOP GROUP_REPLICATION")
        try:
            wait_until(lambda: _listed(registered[0], router) == 2, 20, "the member that left is still shown")
            assert _listed(registered[2], router) == 3
            seen = primary.query("SELECT * FROM mysql_innodb_cluster_metadata.v2_instances")
            assert len(seen) == 3
        finally:
            join_group(registered[2])
    wait_whole(registered)
    assert _listed(registered[0], router) == 3


def test_a_router_that_knows_only_servers_that_are_gone_begins_anew_when_its_agent_orders_it(
    router: Router, registered: list[Server]
) -> None:
    """In place. Its own REST interface says that it leads nowhere."""
    paths = Paths(conf=router.run.parent / "conf", router_run=router.run)
    asked = router_agent.RouterRest(router.run.parent / "internal" / "restPassword", router.rest_port)

    def has_no_destination() -> bool:
        return router_agent.has_no_destination(asked.health())

    paths.router_first_state_file.write_text(state_file(registered[0].address))
    paths.router_state_file.write_text(state_file("127.0.0.2:1"))
    write_private(paths.restart_order, "to forget its members")
    wait_until(has_no_destination, 20, "it still routes")
    watch = StrandedWatch(paths, has_no_destination, lambda host: frozenset({host}))
    assert [bool(watch.step()) for _ in range(2)] == [False, True]
    own(paths.conf)  # in a pod, agent and router are one user
    wait_until(lambda: routes(router), 20, "the router does not route")


def test_the_schema_is_completed_under_a_running_router(router: Router, primary: Session) -> None:
    """Nothing is dropped, so no route closes."""
    primary.execute("DROP PROCEDURE mysql_innodb_cluster_metadata.v2_set_cluster_routing_option")
    assert metadata.ensure_schema(primary)
    assert routes(router)


def version(router: Router, primary: Session) -> str:
    """Give what the metadata has."""
    rows = metadata.read_routers(primary, CLUSTER_ID)
    return next(row.version for row in rows if row.router_id == router.router_id)


def test_the_routers_account_may_write_its_version(
    router: Router, registered: list[Server], primary: Session
) -> None:
    """As the router does it, once, when it first finds members."""
    server, ca = registered[0], str(router.certificates.ca)
    with connect_tcp(HOST, server.port, ROUTER_ACCOUNT, METADATA_PASSWORD, ca) as session:
        session.execute(
            "UPDATE mysql_innodb_cluster_metadata.v2_routers SET version = '1.2.3' WHERE router_id = %s",
            (router.router_id,),
        )
    assert version(router, primary) == "1.2.3"


def test_the_version_of_a_router_that_did_not_write_it_is_filled_in(router: Router, primary: Session) -> None:
    """The router says it; what a router wrote itself is never changed."""
    said = router.rest().version()
    assert said.startswith("9.")
    primary.execute("UPDATE mysql_innodb_cluster_metadata.routers SET version = NULL")
    metadata.fill_router_version(primary, router.router_id, said)
    assert version(router, primary) == said
    metadata.fill_router_version(primary, router.router_id, "0.0.0")
    assert version(router, primary) == said


def test_a_wrong_password_and_a_wrong_name_are_told_apart(router: Router) -> None:
    """One is configuration, the other an answer from somebody else."""
    with pytest.raises(ConfigurationError, match="REST password"):
        router.rest(password="wrong").is_alive("rw")
    with pytest.raises(TemporaryError, match=r"[Hh]ostname"):
        router.rest(server_name="db.example").is_alive("rw")
    assert router.rest().metadata_refreshes()[0] > 0
