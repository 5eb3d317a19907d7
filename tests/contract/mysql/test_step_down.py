"""The preStop hook of a server, run by bash and the mysql client of the server image against a real group."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.mysql.topology import switch_primary
from innodb_cluster.model.observation import MemberRole
from tests.contract.mysql.servers import Server, own, wait_until, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.mysql

SCRIPT = Path(__file__).parents[3] / "charts" / "mysql-innodb-cluster" / "files" / "step-down.sh"


@pytest.fixture
def whole(group: list[Server]) -> Iterator[list[Server]]:
    """Give the group, with its first member as the primary before and afterwards."""
    make_primary(group[0])
    yield group
    make_primary(group[0])


def make_primary(server: Server) -> None:
    """Make a server the primary, and wait until it takes writes."""
    with server.root(read_seconds=60) as session:
        if look(session, "any").role is not MemberRole.PRIMARY:
            switch_primary(session, look(session, "any").server_uuid)
        session.execute("SET GLOBAL super_read_only = OFF")
        wait_until(lambda: not look(session, "any").super_read_only, 20, "the primary takes no writes")


def step_down(server: Server, socket: str = "") -> str:
    """Run the hook as the kubelet does, and give what it wrote to the container's log."""
    folder = server.directory / "step-down"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "my.cnf").write_text(f"[client]\nuser=root\nsocket={socket or server.socket_path}\n")
    (folder / "log").touch()
    shutil.copy(SCRIPT, folder)
    own(folder)
    places = [f"INNODB_CLUSTER_OPTION_FILE={folder}/my.cnf", f"INNODB_CLUSTER_LOG={folder}/log"]
    command = ["env", *places, *server.rootfs.command("bash", str(folder / SCRIPT.name))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout + done.stderr == ""
    return (folder / "log").read_text()


def role(server: Server) -> MemberRole:
    """Role of a server by its own word."""
    with server.root() as session:
        return look(session, "any").role


def test_a_primary_hands_over_before_it_stops(whole: list[Server]) -> None:
    """When the hook ends, the other takes writes and this member none."""
    said = step_down(whole[0])
    assert "takes over" in said
    assert "is the primary" in said
    assert role(whole[0]) is MemberRole.SECONDARY
    heir = next(server for server in whole[1:] if role(server) is MemberRole.PRIMARY)
    with heir.root() as session:
        assert not look(session, "any").super_read_only


def test_a_secondary_just_stops(whole: list[Server]) -> None:
    """Nothing moves, and nothing is said."""
    assert step_down(whole[1]) == ""
    assert role(whole[0]) is MemberRole.PRIMARY


def test_a_primary_that_nobody_can_follow_lets_no_more_writes_in(whole: list[Server]) -> None:
    """Those that wait for the group's verdict get it before mysqld stops."""
    for server in whole[1:]:
        with server.root(read_seconds=60) as session:
            session.execute("STOP GROUP_REPLICATION")
    try:
        assert "no more writes here" in step_down(whole[0])
        with whole[0].root() as session:
            assert look(session, "any").super_read_only
    finally:
        make_primary(whole[0])
        for server in whole[1:]:
            with server.root(read_seconds=60) as session:
                session.execute("START GROUP_REPLICATION")
        wait_whole(whole)


def test_a_server_that_does_not_answer_keeps_nobody_waiting(whole: list[Server]) -> None:
    """The hook says so, and mysqld is stopped all the same."""
    assert "does not answer" in step_down(whole[0], socket="/nowhere/mysqld.sock")
