"""Switches of mode and primary, and what stands against them, on a real group of three."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import QUICK, Session, StatementError, connect_socket
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.mysql.topology import (
    count_long_transactions,
    find_unfit_tables,
    set_auto_increment,
    switch_mode,
    switch_primary,
)
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.observation import MemberRole
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.topology import TableFault, UnfitTable, auto_increment
from tests.contract.mysql.servers import Server, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.mysql

SINGLE, MULTI = TopologyMode.SINGLE_PRIMARY, TopologyMode.MULTI_PRIMARY
NO_USABLE_TABLE = 3098
"""ER_BEFORE_DML_VALIDATION_ERROR: the table does not comply with the requirements of a plugin."""


@pytest.fixture
def trio(group: list[Server]) -> Iterator[list[Server]]:
    """Give the group, and leave it as the other tests expect it: single-primary, the first member primary."""
    yield group
    if mode_of(group[0]) is MULTI:
        switch_to(SINGLE, group[0], group[0])
    if primary_of(group) != group[0].ordinal:
        with group[0].root(read_seconds=60) as session:
            switch_primary(session, uuid_of(group[0]))
    for server in group:
        with server.root() as session:
            set_auto_increment(session, SINGLE, server.server_id)
    with group[0].root() as session:
        session.execute("DROP DATABASE IF EXISTS shop")


def uuid_of(server: Server) -> str:
    """Give a server's uuid."""
    with server.root() as session:
        return look(session, "").server_uuid


def mode_of(server: Server) -> TopologyMode:
    """Give the mode that a server runs in."""
    with server.root() as session:
        return look(session, "").mode


def primaries(servers: list[Server]) -> list[int]:
    """Give the ordinals of the members that take writes by their own word."""
    found = []
    for server in servers:
        with server.root() as session:
            seen = look(session, "")
            if seen.role is MemberRole.PRIMARY and not seen.super_read_only:
                found.append(server.ordinal)
    return found


def primary_of(servers: list[Server]) -> int:
    """Give the only primary's ordinal."""
    (only,) = primaries(servers)
    return only


def switch_to(mode: TopologyMode, through: Server, target: Server) -> None:
    """Switch the whole group."""
    with through.root(read_seconds=60) as session:
        switch_mode(session, mode, uuid_of(target))


def test_the_mode_switches_both_ways_on_every_member_through_any_member(trio: list[Server]) -> None:
    """The functions change the variables themselves, and leave auto_increment to us."""
    for server in trio:
        with server.root() as session:
            set_auto_increment(session, MULTI, server.server_id)
    switch_to(MULTI, trio[2], trio[0])
    assert [mode_of(server) for server in trio] == [MULTI] * 3
    assert primaries(trio) == [0, 1, 2]
    expected = [auto_increment(MULTI, server.server_id) for server in trio]
    assert increments(trio) == expected
    switch_to(MULTI, trio[1], trio[0])  # a Job that was killed asks again
    switch_to(SINGLE, trio[0], trio[1])
    assert [mode_of(server) for server in trio] == [SINGLE] * 3
    assert primaries(trio) == [1]
    assert increments(trio) == expected


def increments(servers: list[Server]) -> list[tuple[int, int] | None]:
    """Give every server's values."""
    found = []
    for server in servers:
        with server.root() as session:
            found.append(look(session, "").auto_increment)
    return found


def test_numbers_of_different_primaries_never_meet(trio: list[Server]) -> None:
    """Every primary counts in its own steps."""
    with trio[0].root() as session:
        session.execute("CREATE DATABASE shop")
        session.execute("CREATE TABLE shop.orders (id INT AUTO_INCREMENT PRIMARY KEY, member INT)")
    for server in trio:
        with server.root() as session:
            set_auto_increment(session, MULTI, server.server_id)
    switch_to(MULTI, trio[0], trio[0])
    threads = [threading.Thread(target=insert_many, args=(server,)) for server in trio]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    with trio[0].root() as session:
        session.execute("SET SESSION group_replication_consistency = 'BEFORE'")
        rows = session.query("SELECT MOD(id, 7) AS residue, COUNT(*) AS n FROM shop.orders GROUP BY 1")
    assert sorted(int(row["n"]) for row in rows) == [20, 20, 20]


def insert_many(server: Server) -> None:
    """Insert rows whose numbers the server chooses."""
    with server.root() as session:
        for _ in range(20):
            session.execute("INSERT INTO shop.orders (member) VALUES (%s)", (server.ordinal,))


def test_a_killed_client_leaves_a_switch_that_ends_by_itself(trio: list[Server]) -> None:
    """Who asks meanwhile is refused, and finds it done later."""
    with trio[0].root() as session:
        session.execute("CREATE DATABASE shop")
        session.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)")
    with trio[0].root() as open_one:
        open_one.execute("BEGIN")
        open_one.execute("INSERT INTO shop.orders VALUES (1)")
        impatient = connect_socket(trio[0].socket_path, timeouts=QUICK)
        with pytest.raises(InnodbClusterError):
            impatient.execute("SELECT group_replication_set_as_primary(%s)", (uuid_of(trio[1]),))
        impatient.close()
        with trio[2].root() as session, pytest.raises(StatementError) as refused:
            switch_primary(session, uuid_of(trio[1]))
        assert refused.value.errno == 3910  # ER_GRP_RPL_UDF_ERROR
        open_one.execute("COMMIT")
    wait_until(lambda: primaries(trio) == [1], 30, "the switchover does not end")


def test_a_switchover_ends_what_runs_longer_than_it_may(trio: list[Server]) -> None:
    """It is seen before, also without a statement in it."""
    with trio[0].root() as idle, trio[0].root(read_seconds=60) as session:
        idle.execute("BEGIN")
        wait_until(lambda: count_long_transactions(session) == 1, 10, "the open transaction is not seen")
        switch_primary(session, uuid_of(trio[2]))
        assert primaries(trio) == [2]
        with pytest.raises(InnodbClusterError):
            idle.execute("SELECT 1")


def test_without_open_transactions_none_is_counted(primary: Session) -> None:
    """Autocommitted statements and the group's own threads are none."""
    assert count_long_transactions(primary) == 0


TABLES = {
    "plain": ("id INT PRIMARY KEY", None),
    "unique_key": ("id INT NOT NULL UNIQUE", None),
    "no_key": ("id INT", TableFault.NO_KEY),
    "nullable_key": ("id INT UNIQUE", TableFault.NO_KEY),
    "prefix_key": ("id VARCHAR(20) NOT NULL, UNIQUE KEY (id(3))", TableFault.NO_KEY),
    "memory": ("id INT PRIMARY KEY", TableFault.ENGINE),
    "restricts": (
        "id INT PRIMARY KEY, plain INT, FOREIGN KEY (plain) REFERENCES plain (id) ON DELETE RESTRICT",
        None,
    ),
    "cascades": (
        "id INT PRIMARY KEY, plain INT, FOREIGN KEY (plain) REFERENCES plain (id) ON DELETE CASCADE",
        TableFault.CASCADE,
    ),
    "sets_null": (
        "id INT PRIMARY KEY, plain INT, FOREIGN KEY (plain) REFERENCES plain (id) ON UPDATE SET NULL",
        TableFault.CASCADE,
    ),
}


def test_the_tables_found_are_those_that_a_multi_primary_group_refuses(trio: list[Server]) -> None:
    """Compared with what the servers themselves say when a row is written."""
    with trio[0].root() as session:
        session.execute("CREATE DATABASE shop")
        session.execute("USE shop")
        for name, (columns, _) in TABLES.items():
            engine = " ENGINE = MEMORY" if name == "memory" else ""
            session.execute(f"CREATE TABLE {name} ({columns}){engine}")
        found = find_unfit_tables(session)
    expected = {UnfitTable(f"shop.{name}", fault) for name, (_, fault) in TABLES.items() if fault}
    assert set(found) == expected
    switch_to(MULTI, trio[0], trio[0])
    with trio[1].root() as session:
        refused = {name for name in TABLES if refuses(session, name)}
    assert refused == {name for name, (_, fault) in TABLES.items() if fault}


def refuses(session: Session, table: str) -> bool:
    """Whether Group Replication refuses a row of this table."""
    try:
        session.execute(f"INSERT INTO shop.{table} (id) VALUES (1)")
    except StatementError as error:
        return error.errno == NO_USABLE_TABLE
    return False


def test_the_metadata_schema_fits(registered: list[Server], primary: Session) -> None:
    """Nothing of the cluster's own stands against a switch."""
    assert registered
    assert primary.query(statements.UNFIT_TABLES) == []
    assert primary.query(statements.CASCADING_TABLES) == []
