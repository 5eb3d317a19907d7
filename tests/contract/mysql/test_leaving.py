"""What lets members leave for good, on a real group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql import accounts
from innodb_cluster.effects.mysql.group import retire
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.mysql.topology import switch_primary
from innodb_cluster.model.names import recovery_account
from innodb_cluster.model.observation import MemberRole, MemberState
from tests.contract.mysql.servers import Server, join_group, wait_until, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from innodb_cluster.effects.mysql.connection import Session

pytestmark = pytest.mark.mysql

UNUSED_IDS = (990_001, 990_002)


@pytest.fixture
def restored(group: list[Server]) -> Iterator[list[Server]]:
    """Give the group, whole again afterwards with its first member as the primary."""
    yield group
    with group[2].root() as session:
        if look(session, "2").state is MemberState.OFFLINE:
            join_group(group[2])
    wait_whole(group)
    move_to(group[0])


def move_to(server: Server) -> None:
    """Make a server the primary, as the product does."""
    with server.root(read_seconds=60) as session:
        switch_primary(session, look(session, "any").server_uuid)


def role(server: Server) -> MemberRole:
    """Role of a server by its own word."""
    with server.root() as session:
        return look(session, "any").role


def test_the_primary_is_moved_and_answers_when_it_takes_writes(restored: list[Server]) -> None:
    """Asked of the heir itself."""
    move_to(restored[1])
    assert role(restored[1]) is MemberRole.PRIMARY
    with restored[1].root() as session:
        assert not look(session, "1").super_read_only


def test_a_member_that_retires_is_out_of_the_view_and_takes_no_writes(restored: list[Server]) -> None:
    """The others are told: nobody waits for it, and it holds nothing that they lack."""
    with restored[2].root(read_seconds=60) as session:
        retire(session)
        left = look(session, "2")
    assert left.state is MemberState.OFFLINE
    assert left.super_read_only

    def view() -> int:
        with restored[0].root() as session:
            return len(look(session, "0").view)

    wait_until(lambda: view() == 2, 30, "the others do not see that it left")
    with restored[0].root() as session:
        assert look(session, "0").transactions.contains(left.transactions)


def test_a_retired_server_may_be_told_again(restored: list[Server]) -> None:
    """A Job that was killed before it heard the answer does."""
    with restored[2].root(read_seconds=60) as session:
        retire(session)
        retire(session)


def test_only_recovery_accounts_of_those_that_left_are_dropped(group: list[Server], primary: Session) -> None:
    """And the second time nothing is written."""
    accounts.ensure_recovery_accounts(primary, UNUSED_IDS, "secret")
    executed = "SELECT @@GLOBAL.gtid_executed AS g"
    assert accounts.forget_recovery_accounts(primary, UNUSED_IDS)
    before = primary.one(executed)
    assert not accounts.forget_recovery_accounts(primary, UNUSED_IDS)
    assert primary.one(executed) == before
    users = {row["user"] for row in primary.query("SELECT user AS user FROM mysql.user")}
    assert not users & set(map(recovery_account, UNUSED_IDS))
    assert {recovery_account(server.server_id) for server in group} <= users
