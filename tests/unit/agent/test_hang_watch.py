"""The watch over the own server's answers."""

from dataclasses import replace

import pytest

from innodb_cluster.agent import hanging
from innodb_cluster.agent.hanging import PERIOD_SECONDS, HangWatch
from innodb_cluster.agent.observer import Observer
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.heartbeat import Beat
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.names import Names
from innodb_cluster.model.observation import ServerView
from tests.unit.builders import member, record, settings
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods, pod
from tests.unit.kubernetes.fake_clock import FakeClock


class Scene:
    """The agent of db-0, what its server answers, and who else answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self.clock = api_with_pods(pod("db-0", "server")), FakeClock()
        observer = Observer(
            Names("db", NAMESPACE), "db-0", KubernetesApi(NAMESPACE, self.api), MountedSecrets(), self.clock
        )
        observer.settings, observer.record = settings(), record()
        self.observer = observer
        self.answer = Beat.ANSWERS
        self.others: tuple[ServerView, ...] = (member("db-1"), member("db-2"))
        self.orders: list[float] = []
        self.watch = HangWatch(observer, lambda: self.answer, lambda: self.orders.append(self.now))
        monkeypatch.setattr(hanging, "look_at_all", lambda *_: (self.others, {}))

    @property
    def now(self) -> float:
        return self.clock.monotonic_seconds()

    def pass_seconds(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.watch.step()
            self.clock.sleep(PERIOD_SECONDS)

    @property
    def events(self) -> list[str]:
        return [document["reason"] for path, document in self.api.objects.items() if "/events/" in path]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A server that answers."""
    made = Scene(monkeypatch)
    made.pass_seconds(10)
    return made


def test_a_server_that_falls_silent_is_ended_in_time(scene: Scene) -> None:
    """After two seconds, and said once."""
    since = scene.now
    scene.answer = Beat.SILENT
    scene.pass_seconds(4)
    assert 1.5 <= scene.orders[0] - since <= 2.5
    assert scene.events == ["ServerHung"]


def test_a_short_silence_is_no_hang(scene: Scene) -> None:
    """A pause of the machine, or a slow answer."""
    for _ in range(5):
        scene.answer = Beat.SILENT
        scene.pass_seconds(1)
        scene.answer = Beat.ANSWERS
        scene.pass_seconds(1)
    assert scene.orders == []


@pytest.mark.parametrize("before", [Beat.ABSENT, None])
def test_one_that_has_not_answered_yet_does_not_hang(scene: Scene, before: Beat | None) -> None:
    """It starts, recovers from a crash, or is stopping."""
    if before:
        scene.answer = before
        scene.pass_seconds(3)
    else:
        scene.watch = HangWatch(scene.observer, lambda: scene.answer, lambda: scene.orders.append(scene.now))
    scene.answer = Beat.SILENT
    scene.pass_seconds(60)
    assert scene.orders == []


def test_one_that_the_others_cannot_do_without_is_left_to_the_kubelet(scene: Scene) -> None:
    """And ended as soon as they can."""
    scene.others, scene.answer = (member("db-1"),), Beat.SILENT
    scene.pass_seconds(10)
    assert (scene.orders, scene.events) == ([], [])
    scene.others = (member("db-1"), member("db-2"))
    scene.pass_seconds(1)
    assert len(scene.orders) == 2


def test_a_value_leaves_all_of_them_to_the_kubelet(scene: Scene) -> None:
    """recovery.hungSeconds is 0."""
    scene.observer.settings = replace(settings(), hung_seconds=0)
    scene.answer = Beat.SILENT
    scene.pass_seconds(60)
    assert scene.orders == []
