"""An agent begins when its new server takes connections, and never much later."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from innodb_cluster.agent.first_start import LONGEST_SECONDS, wait_for_new_server
from innodb_cluster.effects.files.paths import Paths
from tests.unit.kubernetes.fake_clock import FakeClock


@dataclass(slots=True)
class ServerClock(FakeClock):
    """A clock by which a server comes up."""

    passed_seconds: float = field(default=0.0)
    socket: Path = Path()
    up_seconds: float = float("inf")

    def sleep(self, seconds: float) -> None:
        super(ServerClock, self).sleep(seconds)
        if self.monotonic_seconds() >= self.up_seconds:
            self.socket.touch()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A pod whose volume is empty."""
    return Paths(run=tmp_path, data=tmp_path / "data")


def waited(paths: Paths, up_seconds: float) -> float:
    """Give the seconds that an agent waited."""
    clock = ServerClock(socket=paths.socket, up_seconds=up_seconds)
    wait_for_new_server(paths, clock)
    return clock.monotonic_seconds()


def test_it_waits_until_the_server_takes_connections(paths: Paths) -> None:
    """And no longer."""
    assert waited(paths, 6.0) == pytest.approx(6.0, abs=0.2)


def test_it_does_not_wait_for_ever(paths: Paths) -> None:
    """A server that never comes is reported by the agent."""
    assert waited(paths, float("inf")) == pytest.approx(LONGEST_SECONDS, abs=0.2)


def test_beside_a_server_with_data_it_begins_at_once(paths: Paths) -> None:
    """What starts again is waited for."""
    paths.data.mkdir()
    assert waited(paths, 6.0) == 0
