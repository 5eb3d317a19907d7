"""An observer knows since when a pod cannot be running, and forgets it at the first doubt."""

from innodb_cluster.agent.absence import Absence
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import PODS, Document
from innodb_cluster.model.names import Names
from innodb_cluster.model.observation import GonePod
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods, pod
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi

NAMES = Names("db", NAMESPACE)


class Watched:
    """An API whose pods change, and somebody who looks."""

    def __init__(self, *documents: Document) -> None:
        self.api: InMemoryApi = api_with_pods(*documents)
        self.clock = FakeClock()
        self.absence = Absence(NAMES, KubernetesApi(NAMESPACE, self.api), self.clock)

    def look(self, *silent: str) -> tuple[GonePod, ...]:
        return self.absence.look(silent)


def waiting(name: str) -> Document:
    """Build a pod that no node takes."""
    document = pod(name)
    return document | {"spec": {}, "status": {"phase": "Pending"}}


def ended(name: str) -> Document:
    """Build a pod that the kubelet has ended."""
    document = pod(name)
    return document | {"status": {"phase": "Failed"}}


def test_a_pod_that_has_ended_or_has_no_node_is_gone() -> None:
    """One on a node may run, whatever its state was last said to be; one that does not exist is not wanted."""
    watched = Watched(waiting("db-1"), ended("db-2"), pod("db-3", ready=False, deleting=True))
    gone = watched.look("db-1", "db-2", "db-3", "db-4")
    assert gone == (GonePod("db-1", 0.0), GonePod("db-2", 0.0))


def test_the_time_is_counted_from_the_first_look() -> None:
    """Each pod has its own."""
    watched = Watched(waiting("db-1"), waiting("db-2"))
    watched.look("db-1")
    watched.clock.passed_seconds += 20
    watched.look("db-1", "db-2")
    watched.clock.passed_seconds += 2
    assert watched.look("db-1", "db-2") == (GonePod("db-1", 22.0), GonePod("db-2", 2.0))


def test_a_pod_that_came_back_for_a_moment_begins_again() -> None:
    """Meanwhile it may have been anything."""
    watched = Watched(waiting("db-1"), waiting("db-2"))
    watched.look("db-1")
    watched.clock.passed_seconds += 20
    watched.api.put(PODS.path(NAMESPACE, "db-1"), pod("db-1"))
    assert watched.look("db-1") == ()
    watched.api.put(PODS.path(NAMESPACE, "db-1"), waiting("db-1"))
    assert watched.look("db-1") == (GonePod("db-1", 0.0),)


def test_a_pod_that_answered_meanwhile_begins_again() -> None:
    """It is not asked for then."""
    watched = Watched(waiting("db-1"), waiting("db-2"))
    watched.look("db-1")
    watched.clock.passed_seconds += 20
    watched.look()
    assert watched.look("db-1") == (GonePod("db-1", 0.0),)


def test_who_has_not_looked_for_a_while_begins_again() -> None:
    """An agent that stood still, or whose server was in a group meanwhile, knows nothing of that time."""
    watched = Watched(waiting("db-1"))
    watched.look("db-1")
    watched.clock.passed_seconds += 31
    assert watched.look("db-1") == (GonePod("db-1", 0.0),)


def test_while_the_api_is_away_nobody_is_known_to_be_gone() -> None:
    """What it said before is no more than that."""
    watched = Watched(waiting("db-1"))
    watched.look("db-1")
    watched.api.is_away = True
    watched.clock.passed_seconds += 2
    assert watched.look("db-1") == ()
    watched.api.is_away = False
    assert watched.look("db-1") == (GonePod("db-1", 0.0),)
