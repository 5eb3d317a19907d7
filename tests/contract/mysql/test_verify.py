"""The test of a cluster, on a real one and through a real router."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.mysql.verification import read_executed, wait_for_transactions
from innodb_cluster.jobs.verify import Targets, Verification
from innodb_cluster.model.settings import TopologyMode
from tests.contract.mysql import routers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from innodb_cluster.effects.mysql.connection import Session
    from tests.contract.mysql.routers import Router
    from tests.contract.mysql.servers import Server

pytestmark = pytest.mark.mysql


class HastyClock(SystemClock):
    """A clock by which every look is the last."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def monotonic_seconds(self) -> float:
        self._seconds += 20
        return self._seconds


@pytest.fixture
def targets(registered: list[Server], router: Router) -> Targets:
    """Everything that is tested, as it should be."""
    return Targets(
        cluster_name="db",
        members={server.address: server.admin for server in registered},
        write=lambda: router.client("rw"),
        read=lambda: router.client("ro"),
        mode=TopologyMode.SINGLE_PRIMARY,
        primary=registered[0].address,
        routers=lambda: {routers.POD: router.rest()},
        router_count=1,
    )


@pytest.fixture
def table(primary: Session, group: list[Server]) -> Iterator[str]:
    """A user's table with a name that needs quotes, on every member."""
    name = "`shop of a test`.`or``ders`"
    primary.execute("CREATE DATABASE `shop of a test`")
    primary.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, what VARCHAR(20))")
    primary.execute(f"INSERT INTO {name} VALUES (1, 'one'), (2, 'two')")
    executed = read_executed(primary)
    for server in group[1:]:
        with server.root(read_seconds=40) as session:
            assert wait_for_transactions(session, executed, 30)
    yield name
    primary.execute("DROP DATABASE `shop of a test`")


def verify(targets: Targets, clock: SystemClock | None = None) -> tuple[int, dict[str, bool], str]:
    """Run the test; give its exit status, what each check said, and all that was printed."""
    lines: list[str] = []
    verification = Verification(targets, clock, lines.append)
    status = verification.run()
    return status, {check.name: check.ok for check in verification.checks}, "\n".join(lines)


def write_on_one(server: Server, statement: str) -> None:
    """Do what nobody must: change one member alone."""
    with server.root() as session:
        session.execute("SET GLOBAL super_read_only = OFF")
        session.execute("SET sql_log_bin = 0")
        session.execute(statement)
        session.execute("SET GLOBAL super_read_only = ON")


def test_a_true_cluster_passes_every_check(targets: Targets, table: str, primary: Session) -> None:
    """And nothing of the test is left in it."""
    status, checks, text = verify(targets)
    assert status == 0, text
    names = {"write and read", "members", "topology mode", "transactions", "tables", "routers", "clean up"}
    assert names | {f"router {routers.POD}"} == set(checks)
    assert '"statusText"' in text
    assert text.endswith("all true")
    assert not primary.query("SHOW DATABASES LIKE 'innodb\\_cluster\\_verify%'")


def test_a_cluster_without_routers_is_tested_as_far_as_that_goes(targets: Targets) -> None:
    """Nobody gets in through the Service, and that is what was asked for."""

    def no_way_in() -> Session:
        raise AssertionError("the Service leads nowhere")

    none = replace(targets, routers=dict, router_count=0, write=no_way_in, read=no_way_in)
    status, checks, text = verify(none)
    assert status == 0, text
    assert checks["write and read"]
    assert "routerInstances is 0" in text


def test_a_table_that_differs_on_one_member_is_found(
    targets: Targets, table: str, registered: list[Server]
) -> None:
    """Same transactions, other data: only the checksum tells."""
    write_on_one(registered[2], f"UPDATE {table} SET what = 'zwei' WHERE id = 2")
    status, checks, text = verify(targets)
    assert status == 1
    assert [name for name, ok in checks.items() if not ok] == ["tables"]
    assert "FAILED  tables: shop of a test.or`ders differ" in text


def test_a_table_that_one_member_lacks_is_found(
    targets: Targets, registered: list[Server], primary: Session
) -> None:
    """A difference in what exists is one in data."""
    write_on_one(registered[1], "CREATE DATABASE only_here")
    write_on_one(registered[1], "CREATE TABLE only_here.t (id INT PRIMARY KEY)")
    _, _, text = verify(targets)
    write_on_one(registered[1], "DROP DATABASE only_here")
    assert "FAILED  tables: only_here.t differ" in text


def test_what_the_values_ask_for_and_what_is_are_compared(targets: Targets) -> None:
    """Mode and number of routers, each with what to do."""
    asked = replace(targets, mode=TopologyMode.MULTI_PRIMARY, router_count=2)
    status, checks, text = verify(asked, HastyClock())
    assert status == 1
    assert [name for name, ok in checks.items() if not ok] == ["topology mode", "routers"]
    assert "Single-Primary, the values ask for Multi-Primary; run helm upgrade" in text


def test_what_a_killed_test_left_is_dropped_by_the_next(targets: Targets, primary: Session) -> None:
    """Known by its mark: a schema that only looks like one stays."""
    primary.execute("CREATE DATABASE innodb_cluster_verify_of_a_user")
    primary.execute("CREATE TABLE innodb_cluster_verify_of_a_user.probe (id INT PRIMARY KEY)")
    verification = Verification(targets, say=lambda _: None)
    verification._write()
    assert verify(targets)[0] == 0
    left = primary.query("SHOW DATABASES LIKE 'innodb\\_cluster\\_verify%'")
    primary.execute("DROP DATABASE innodb_cluster_verify_of_a_user")
    assert [next(iter(row.values())) for row in left] == ["innodb_cluster_verify_of_a_user"]
