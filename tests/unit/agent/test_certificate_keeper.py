"""The agent keeps its server's certificate the mounted one, and says what happens to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from innodb_cluster.agent.certificates import EXPIRY_SECONDS, CertificateKeeper
from innodb_cluster.agent.observer import Observer
from innodb_cluster.decide.reloading import RETRY_SECONDS
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.mysql.connection import StatementError
from innodb_cluster.model.actions import Action, ReloadTls
from tests.unit.kubernetes.fake_clock import START, FakeClock


@dataclass(slots=True)
class Server:
    """What the agent asks its server, its performer and the API."""

    ends: str = "Jan  1 12:00:00 2027 GMT"
    refuses: bool = False
    reloads: list[Action] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def perform(self, action: Action) -> None:
        """Perform a reload, or refuse it as mysqld does."""
        self.reloads.append(action)
        if self.refuses:
            raise StatementError(3888, "Unable to get private key")

    def emit_event(self, pod: str, reason: str, _message: str, *, warning: bool) -> None:
        """Take note of an Event."""
        self.events.append(reason)

    @contextmanager
    def connect(self, _pod: str, _timeouts: object) -> Iterator[Any]:
        """Answer one question."""
        begins = "Jan  1 12:00:00 2026 GMT"
        yield SimpleNamespace(one=lambda _statement: {"begins": self.ends and begins, "ends": self.ends})


@dataclass(slots=True)
class Agent:
    """One agent's keeper with everything around it."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    server: Server = field(default_factory=Server)
    keeper: CertificateKeeper = field(init=False)

    def __post_init__(self) -> None:
        observer = SimpleNamespace(pod="db-1", clock=self.clock, api=self.server, connect=self.server.connect)
        self.keeper = CertificateKeeper(cast("Observer", observer), Paths(tls=self.folder))

    def mount(self, content: str) -> None:
        """Replace the mounted files."""
        for name in ("ca.crt", "tls.crt", "tls.key"):
            (self.folder / name).write_text(content)

    def steps(self, count: int = 1) -> None:
        """Let the agent's loop go round."""
        for _ in range(count):
            self.keeper.step(self.server.perform)
            self.clock.sleep(3)


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """An agent that has just started beside a server."""
    found = Agent(tmp_path)
    found.mount("first")
    return found


def test_what_is_mounted_is_loaded_once_and_again_when_it_changes(agent: Agent) -> None:
    """After its own start too, when nobody knows what the server has; that alone is no news."""
    agent.steps(5)
    assert (agent.server.reloads, agent.server.events) == ([ReloadTls("db-1")], [])
    (agent.folder / "ca.crt").write_text("renewed")
    agent.steps(5)
    assert (len(agent.server.reloads), agent.server.events) == (2, ["CertificateLoaded"])


def test_what_the_server_refuses_is_said_and_tried_again(agent: Agent) -> None:
    """Not at every step; and at once when other files come."""
    agent.steps()
    agent.server.refuses = True
    agent.mount("half")
    agent.steps(3)
    assert (len(agent.server.reloads), agent.server.events) == (2, ["CertificateRefused"])
    agent.clock.sleep(RETRY_SECONDS)
    agent.steps(3)
    assert len(agent.server.reloads) == 3
    agent.server.refuses = False
    agent.mount("whole")
    agent.steps(3)
    assert len(agent.server.reloads) == 4
    assert agent.server.events[-1] == "CertificateLoaded"


def test_without_mounted_files_nothing_is_done(agent: Agent) -> None:
    """The kubelet puts them there before the container starts; a test has none."""
    (agent.folder / "tls.key").unlink()
    agent.steps(3)
    assert (agent.server.reloads, agent.server.events) == ([], [])


def test_a_loaded_certificate_that_nobody_renews_is_warned_of(agent: Agent) -> None:
    """Once an hour in the last twelfth of its life, whoever should have issued another."""
    assert datetime(2026, 1, 1, 12, tzinfo=UTC) == START
    agent.clock.sleep(330 * 86_400)
    agent.steps(3)
    assert agent.server.events == []
    agent.clock.sleep(10 * 86_400)
    agent.steps(3)
    assert agent.server.events == ["CertificateEnds"]
    agent.clock.sleep(EXPIRY_SECONDS)
    agent.steps(3)
    assert agent.server.events == 2 * ["CertificateEnds"]


def test_the_end_is_looked_at_also_when_nothing_could_be_loaded(agent: Agent) -> None:
    """What the server started with ends all the same."""
    agent.server.refuses = True
    agent.clock.sleep(340 * 86_400)
    agent.steps()
    assert agent.server.events == ["CertificateRefused", "CertificateEnds"]


def test_a_server_that_started_without_a_certificate_is_no_error(agent: Agent) -> None:
    """It says nothing of one."""
    agent.server.ends = ""
    agent.steps(3)
    assert agent.server.events == []
