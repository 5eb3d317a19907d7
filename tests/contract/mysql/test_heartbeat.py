"""What a real mysqld answers to whoever asks whether it hangs."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql.heartbeat import Beat, Heartbeat
from tests.contract.mysql.servers import join_group, wait_until, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.mysql.servers import Server

pytestmark = pytest.mark.mysql


@contextmanager
def standing_still(server: Server) -> Iterator[None]:
    """Stop a server for less time than its group takes to expel it."""
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    status = Path(f"/proc/{server.process.pid}/status")
    wait_until(lambda: "State:\tT" in status.read_text(), 5, "the server does not stand still")
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_a_server_that_works_answers_also_when_it_takes_no_more_connections(group: list[Server]) -> None:
    """The refusal is an answer."""
    heart = Heartbeat(group[2].socket_path)
    assert [heart.beat(), heart.beat()] == [Beat.ANSWERS] * 2
    with group[2].root() as session:
        before = session.one("SELECT @@max_connections AS n")["n"]
        session.execute("SET GLOBAL max_connections = 1")
        try:
            late = Heartbeat(group[2].socket_path)
            assert [heart.beat(), late.beat()] == [Beat.ANSWERS] * 2
        finally:
            session.execute(f"SET GLOBAL max_connections = {before}")
    heart.close()
    late.close()


@pytest.mark.parametrize("is_connected", [True, False])
def test_a_server_that_stands_still_is_silent_and_answers_again(
    group: list[Server], *, is_connected: bool
) -> None:
    """Its kernel goes on accepting connections in its name."""
    heart = Heartbeat(group[2].socket_path)
    if is_connected:
        assert heart.beat() is Beat.ANSWERS
    with standing_still(group[2]):
        assert heart.beat() is Beat.SILENT
    assert heart.beat() is Beat.ANSWERS
    heart.close()


def test_a_server_that_is_not_there_is_absent(tmp_path: Path, group: list[Server]) -> None:
    """It has not come up yet, or has gone and left its socket behind."""
    assert Heartbeat(str(tmp_path / "mysqld.sock")).beat() is Beat.ABSENT
    heart = Heartbeat(group[2].socket_path)
    assert heart.beat() is Beat.ANSWERS
    group[2].kill()
    try:
        assert heart.beat() is Beat.ABSENT
    finally:
        group[2].start()
        _rejoin(group)


def _rejoin(group: list[Server]) -> None:
    members = "SELECT COUNT(*) AS n FROM performance_schema.replication_group_members"

    def is_expelled() -> bool:
        with group[0].root() as session:
            return bool(session.one(members)["n"] == 2)

    wait_until(is_expelled, 60, "the group still counts the member that was killed")
    join_group(group[2])
    wait_whole(group)
