"""The watch over the routers, against an API in memory."""

import pytest

from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.routers import RouterWatch
from innodb_cluster.decide.routers import MISSES
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import PODS
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.names import REACHABLE_LABEL, Names
from innodb_cluster.model.observation import ServerView
from tests.unit.builders import member, record, settings
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods, pod
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi

ADDRESSES = {"db-router-a": "10.0.0.1", "db-router-b": "10.0.0.2"}


class Scene:
    """One agent, two routers, and which addresses answer."""

    def __init__(self, own: str = "db-0") -> None:
        self.api = api_with_pods(*(self._router(name) for name in ADDRESSES))
        self.answering = set(ADDRESSES.values())
        self.clock = FakeClock()
        observer = Observer(
            Names("db", NAMESPACE), own, KubernetesApi(NAMESPACE, self.api), MountedSecrets(), self.clock
        )
        observer.settings, observer.record = settings(), record()
        self.watch = RouterWatch(observer, self.look, self.answering.__contains__)
        self.own: ServerView = member(own)

    @staticmethod
    def _router(name: str) -> dict[str, object]:
        document = pod(name, "router")
        document["status"]["podIP"] = ADDRESSES[name]
        document["metadata"]["labels"][REACHABLE_LABEL] = "yes"
        return document

    def look(self, _pod: str) -> ServerView:
        return self.own

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.watch.step()
            self.clock.sleep(1.5)

    def label(self, name: str) -> str:
        return str(self.api.objects[PODS.path(NAMESPACE, name)]["metadata"]["labels"][REACHABLE_LABEL])


def patches(api: InMemoryApi) -> list[str]:
    """Names of the pods that were patched."""
    return [name for verb, resource, name in api.calls if (verb, resource) == ("patch", "pods")]


def test_the_speaker_takes_a_lost_router_out_and_puts_it_back() -> None:
    """One patch each way."""
    scene = Scene()
    scene.answering.discard("10.0.0.2")
    scene.steps(MISSES + 3)
    assert (scene.label("db-router-a"), scene.label("db-router-b")) == ("yes", "no")
    scene.answering.add("10.0.0.2")
    scene.steps(3)
    assert scene.label("db-router-b") == "yes"
    assert patches(scene.api) == ["db-router-b"] * 2


def test_the_others_only_look() -> None:
    """A secondary's sight is not the primary's; but it acts at once when it becomes the primary."""
    scene = Scene("db-1")
    scene.answering.discard("10.0.0.2")
    scene.steps(MISSES + 3)
    assert patches(scene.api) == []
    scene.own = member("db-1", primary="db-1")
    scene.steps(1)
    assert scene.label("db-router-b") == "no"


def test_with_the_api_away_the_last_list_counts() -> None:
    """Misses go on being counted; what can't be written is tried again."""
    scene = Scene()
    scene.steps(1)
    scene.answering.discard("10.0.0.2")
    scene.api.is_away = True
    for _ in range(MISSES + 3):
        scene.clock.sleep(1.5)
        try:
            scene.watch.step()
        except TemporaryError:
            continue
    scene.api.is_away = False
    scene.steps(1)
    assert scene.label("db-router-b") == "no"


def test_a_failure_is_raised_after_the_routers_were_tried() -> None:
    """The loop around it logs it once."""
    scene = Scene()
    scene.api.is_away = True
    with pytest.raises(TemporaryError):
        scene.watch.step()
