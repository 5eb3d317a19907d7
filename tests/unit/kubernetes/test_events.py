"""Events: on the right object, once, and never in anyone's way."""

from typing import Any

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.events import EventTarget
from tests.unit.kubernetes.builders import api_with_pods, pod
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi


def events(api: InMemoryApi) -> list[dict[str, Any]]:
    """Give the Events that were made."""
    return [document for path, document in api.objects.items() if "/events/" in path]


def test_an_event_names_its_pod_by_uid() -> None:
    """``kubectl describe`` finds Events by the uid."""
    api = api_with_pods(pod("db-0"))
    KubernetesApi("ns", api, FakeClock()).emit_event("db-0", "MemberJoined", "db-0 is ONLINE", warning=False)
    (event,) = events(api)
    assert event["involvedObject"] == {
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "ns",
        "name": "db-0",
        "uid": "uid-db-0",
    }
    assert (event["type"], event["reason"], event["message"]) == ("Normal", "MemberJoined", "db-0 is ONLINE")


def test_the_same_event_again_is_counted() -> None:
    """A loop that says the same every second makes one Event, patched once a minute."""
    api, clock = api_with_pods(pod("db-0")), FakeClock()
    kubernetes = KubernetesApi("ns", api, clock)
    for _ in range(130):
        kubernetes.emit_event("db-0", "NoQuorum", "members are missing", warning=True)
        clock.sleep(1)
    (event,) = events(api)
    assert event["count"] == 3
    assert len([call for call in api.calls if call[1] == "events"]) == 3


def test_after_the_window_it_is_said_again() -> None:
    """Events are deleted after an hour by default: what goes on stays visible."""
    api, clock = api_with_pods(pod("db-0")), FakeClock()
    kubernetes = KubernetesApi("ns", api, clock)
    kubernetes.emit_event("db-0", "NoQuorum", "members are missing", warning=True)
    clock.sleep(601)
    kubernetes.emit_event("db-0", "NoQuorum", "members are missing", warning=True)
    assert len(events(api)) == 2


def test_long_messages_are_cut() -> None:
    """The API refuses more than 1,024 bytes."""
    api = api_with_pods(pod("db-0"))
    KubernetesApi("ns", api, FakeClock()).emit_event("db-0", "Refused", "x" * 5000, warning=True)
    assert len(events(api)[0]["message"]) == 1000


def test_an_event_is_a_courtesy() -> None:
    """Neither a missing object nor an API that is away disturbs the work."""
    api = InMemoryApi()
    kubernetes = KubernetesApi("ns", api, FakeClock())
    kubernetes.emit_event("db-0", "Refused", "text", warning=True)
    api.is_away = True
    kubernetes.emit_event(EventTarget("StatefulSet", "db"), "Refused", "text", warning=True)
    assert events(api) == []
