"""The agent that speaks for the group registers a router as soon as its pod is there."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from innodb_cluster.agent import loop
from innodb_cluster.agent.certificates import CertificateKeeper
from innodb_cluster.agent.loop import METADATA_SECONDS, Agent
from innodb_cluster.agent.metrics import Metrics
from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.readiness import Readiness
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import PODS
from innodb_cluster.model.actions import Action, EnsureMetadata
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings
from tests.unit.builders import member, record, seen, settings
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods, pod
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi

PODS_OF_THE_GROUP = ("db-0", "db-1", "db-2")


@dataclass(slots=True)
class Scene:
    """One agent of a healthy group, and what it performs."""

    own: str = "db-0"
    api: InMemoryApi = field(default_factory=lambda: api_with_pods(pod("db-router-a", "router")))
    clock: FakeClock = field(default_factory=FakeClock)
    performed: list[Action] = field(default_factory=list)
    can_refresh: bool = True
    settings_used: list[Settings] = field(default_factory=list)
    agent: Agent = field(init=False)

    def __post_init__(self) -> None:
        kubernetes = KubernetesApi(NAMESPACE, self.api)
        seen_by_it = SimpleNamespace(
            pod=self.own,
            api=kubernetes,
            observe=self.observe,
            refresh=self.refresh,
            record=record(),
            settings=settings(),
        )
        observer = cast("Observer", seen_by_it)
        self.agent = Agent(
            observer, Readiness(), self.clock, Metrics("db", self.own), CertificateKeeper(observer)
        )

    def observe(self) -> Observation:
        """See a group of three, and that is all there is to do."""
        return seen(*map(member, PODS_OF_THE_GROUP))

    def refresh(self, _max_age_seconds: float) -> bool:
        """Read the settings again: an upgrade has just made them five."""
        if self.can_refresh:
            self.agent.observer.settings = settings(servers=5)
        return self.can_refresh

    def perform(self, action: Action, _record: Record) -> None:
        """Take note."""
        self.performed.append(action)

    def registrations(self) -> int:
        """Step once, a second after the last one, and count since then."""
        self.performed.clear()
        self.agent.step()
        self.clock.sleep(1)
        return sum(isinstance(action, EnsureMetadata) for action in self.performed)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Give an agent whose observations and effects are the scene's."""
    made = Scene()

    def performer_of(*known: object) -> Scene:
        made.settings_used.append(cast("Observation", known[2]).settings)
        return made

    monkeypatch.setattr(loop, "performer_of", performer_of)
    monkeypatch.setattr(Agent, "_keep_certificate", lambda *_: None)
    return made


def test_a_router_is_registered_at_the_next_step(scene: Scene) -> None:
    """And forgotten at the next one after its end."""
    assert [scene.registrations() for _ in range(3)] == [1, 0, 0]
    scene.api.put(PODS.path(NAMESPACE, "db-router-b"), pod("db-router-b", "router"))
    assert [scene.registrations() for _ in range(3)] == [1, 0, 0]
    del scene.api.objects[PODS.path(NAMESPACE, "db-router-b")]
    assert [scene.registrations() for _ in range(3)] == [1, 0, 0]


def test_metadata_is_compared_now_and_then_although_nothing_changes(scene: Scene) -> None:
    """Somebody may have changed it by hand."""
    scene.registrations()
    scene.clock.sleep(METADATA_SECONDS)
    assert scene.registrations() == 1


def test_the_metadata_follows_the_settings_of_now(scene: Scene) -> None:
    """By those of a moment ago the row of a member that an upgrade has added would go again."""
    assert scene.registrations() == 1
    assert scene.settings_used[-1].server_instances == 5


def test_the_metadata_stays_while_the_settings_cannot_be_read(scene: Scene) -> None:
    """And is compared as soon as they can."""
    scene.can_refresh = False
    assert [scene.registrations() for _ in range(3)] == [0, 0, 0]
    scene.can_refresh = True
    assert scene.registrations() == 1
