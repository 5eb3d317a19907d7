"""A router with a static configuration routes by the metadata that is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql import metadata
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from tests.contract.mysql.conftest import instance_row_of, routes
from tests.contract.mysql.servers import CLUSTER_ID, wait_until

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


def reads_from(router: Router) -> set[str]:
    """Destinations of route ro, without those of rw: it falls back to them."""
    rest = router.rest()
    return set(rest.destinations("ro")) - set(rest.destinations("rw"))


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


def test_the_schema_is_completed_under_a_running_router(router: Router, primary: Session) -> None:
    """Nothing is dropped, so no route closes."""
    primary.execute("DROP PROCEDURE mysql_innodb_cluster_metadata.v2_set_cluster_routing_option")
    assert metadata.ensure_schema(primary)
    assert routes(router)


def test_the_router_registers_its_version_in_its_own_row(router: Router, primary: Session) -> None:
    """The account's grants suffice for that."""

    def version() -> str:
        return next(
            row.version
            for row in metadata.read_routers(primary, CLUSTER_ID)
            if row.router_id == router.router_id
        )

    wait_until(lambda: version().startswith("9."), 90, "the router does not write its version")


def test_a_wrong_password_and_a_wrong_name_are_told_apart(router: Router) -> None:
    """One is configuration, the other an answer from somebody else."""
    with pytest.raises(ConfigurationError, match="REST password"):
        router.rest(password="wrong").is_alive("rw")
    with pytest.raises(TemporaryError, match=r"[Hh]ostname"):
        router.rest(server_name="db.example").is_alive("rw")
    assert router.rest().metadata_refreshes()[0] > 0
