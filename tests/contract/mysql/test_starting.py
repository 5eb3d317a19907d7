"""How a group is started, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import StatementError
from innodb_cluster.effects.mysql.group import bootstrap, retire
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.model.observation import MemberState
from tests.contract.mysql.servers import GROUP_NAME, Server, bootstrap_group, join_group, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.mysql

SEEDS = "SELECT @@group_replication_group_seeds AS seeds"
CLONE_THRESHOLD = "SELECT @@group_replication_clone_threshold AS transactions"
OTHER_GROUP = "eeeeeeee-eeee-eeee-eeee-eeeeeeeeeeee"
NOBODY = "no-such-pod.invalid:3306"
"""RFC 6761: no such name ever exists."""


@pytest.fixture
def single(group: list[Server]) -> Iterator[Server]:
    """Give a server that has left its group and has seeds of which no name is known; it is back afterwards."""
    server = group[2]
    with server.root(read_seconds=60) as session:
        retire(session)
        seeds = session.one(SEEDS)["seeds"]
        session.execute(statements.SET_GROUP_NAME, (OTHER_GROUP,))
        session.execute(statements.SET_GROUP_SEEDS, (NOBODY,))
    yield server
    with server.root(read_seconds=60) as session:
        retire(session)
        session.execute(statements.BOOTSTRAP_OFF)
        session.execute(statements.SET_GROUP_NAME, (GROUP_NAME,))
        session.execute(statements.SET_GROUP_SEEDS, (seeds,))
    join_group(server)
    wait_whole(group)


def test_with_seeds_that_nobody_knows_a_server_starts_no_group(single: Server) -> None:
    """Although it has nobody to ask."""
    with pytest.raises(StatementError, match="3096"):
        bootstrap_group(single)


def test_it_is_started_without_and_has_them_afterwards(single: Server) -> None:
    """For the day when it has to find the others again."""
    with single.root(read_seconds=60) as session:
        bootstrap(session, NOBODY)
        assert [member.state for member in look(session, "2").view] == [MemberState.ONLINE]
        assert session.one(SEEDS)["seeds"] == NOBODY


def test_clones_come_first_only_where_they_were_asked_for(single: Server) -> None:
    """What serverConfig.mycnf sets stays."""
    with single.root() as session:
        session.execute(statements.CLONE_FIRST)
        assert session.one(CLONE_THRESHOLD)["transactions"] == 1
        session.execute(statements.BINARY_LOGS_FIRST)
        assert session.one(CLONE_THRESHOLD)["transactions"] == 2**63 - 1
        session.execute("SET GLOBAL group_replication_clone_threshold = 77")
        session.execute(statements.BINARY_LOGS_FIRST)
        assert session.one(CLONE_THRESHOLD)["transactions"] == 77
        session.execute("SET GLOBAL group_replication_clone_threshold = DEFAULT")
