"""One run that takes a snapshot, against the API in memory."""

from dataclasses import replace

import pytest

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import LEASES, VOLUME_SNAPSHOTS
from innodb_cluster.effects.kubernetes.permissions import Actor, rules
from innodb_cluster.effects.mysql.connection import Session, Timeouts
from innodb_cluster.jobs.snapshot import Taker
from innodb_cluster.jobs.snapshot_commands import retain
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.snapshot_settings import SnapshotSettings
from innodb_cluster.model.snapshots import MadeBy
from tests.unit.builders import GROUP, member, seen, settings
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.snapshots.builders import Storage

SETTINGS = replace(settings(), snapshots=SnapshotSettings("fast", retention_count=2, timeout_seconds=30))


def whole() -> Observation:
    """Three members, db-1 the least behind."""
    servers = (
        member("db-0", gtids=f"{GROUP}:1-9"),
        member("db-1", gtids=f"{GROUP}:1-9"),
        member("db-2", gtids=f"{GROUP}:1-8"),
    )
    return seen(*servers, of=SETTINGS)


def taker(api: Storage, clock: FakeClock, holder: str = "run-1") -> Taker:
    """Give a run that needs no MySQL."""

    def connect(_pod: str, _timeouts: Timeouts) -> Session:
        raise AssertionError("nothing is held back")

    return Taker(SETTINGS, KubernetesApi("ns", api, clock), clock, whole, connect, holder)


def storage() -> Storage:
    """Give an API with the claims of three servers."""
    api = Storage()
    for ordinal in range(3):
        api.claim(f"data-db-{ordinal}")
    return api


def test_a_snapshot_says_where_it_comes_from() -> None:
    """Everything that a restore wants to know, and no owner."""
    api, clock = storage(), FakeClock()
    view = taker(api, clock).take("", MadeBy.HAND)
    assert (view.name, view.claim, view.is_ready) == ("db-20260101-120000", "data-db-1", True)
    assert (view.origin.gtid_set, view.origin.cluster) == (f"{GROUP}:1-9", "ns/db")
    assert (view.origin.pod, view.origin.driver) == ("db-1", "csi.example.com")
    document = api.objects[VOLUME_SNAPSHOTS.path("ns", view.name)]
    assert "ownerReferences" not in document["metadata"]
    assert document["spec"]["volumeSnapshotClassName"] == "fast"
    assert [event["reason"] for path, event in api.objects.items() if "/events/" in path] == ["SnapshotReady"]
    assert api.objects[LEASES.path("ns", "db-snapshot")]["spec"]["holderIdentity"] == ""


def test_the_role_of_the_schedule_allows_what_it_does() -> None:
    """Every request of a run with retention is in the table that the chart's Role is compared with."""
    api, clock = storage(), FakeClock()
    for _ in range(4):
        taker(api, clock).take("", MadeBy.SCHEDULE, f"job-{clock.now():%H%M%S}")
        clock.sleep(60)
        retain(SETTINGS, KubernetesApi("ns", api, clock), clock)
    granted = rules(Actor.SNAPSHOT, SETTINGS)
    for verb, resource, name in api.calls:
        assert any(
            rule.resource.plural == resource and verb in rule.verbs and (not rule.names or name in rule.names)
            for rule in granted
        ), f"{verb} {resource} {name}"


def test_a_run_that_starts_again_goes_on_with_its_snapshot() -> None:
    """The first pod of the Job was killed after it had asked."""
    api, clock = storage(), FakeClock()
    first = taker(api, clock).take("", MadeBy.SCHEDULE, "job-1")
    clock.sleep(30)
    assert taker(api, clock, "run-2").take("", MadeBy.SCHEDULE, "job-1").name == first.name
    assert taker(api, clock, "run-2").take("", MadeBy.SCHEDULE, "job-2").name != first.name


def test_runs_exclude_each_other() -> None:
    """The second waits for the Lease of the first, and says so when it has waited long enough."""
    api = storage()

    class Renewing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            other.renew_lease("db-snapshot", "run-0")

    busy = Renewing()
    other = KubernetesApi("ns", api, busy)
    assert other.acquire_lease("db-snapshot", "run-0", 20)
    with pytest.raises(TemporaryError, match="another run holds Lease db-snapshot"):
        taker(api, busy).take("", MadeBy.HAND)
    assert 45 <= busy.monotonic_seconds() <= 60


def test_a_name_that_is_taken_is_refused() -> None:
    """By hand; the schedule's names find another second."""
    api, clock = storage(), FakeClock()
    taker(api, clock).take("mine", MadeBy.HAND)
    with pytest.raises(ConfigurationError, match="there is a VolumeSnapshot mine already"):
        taker(api, clock).take("mine", MadeBy.HAND)
    names = {taker(api, clock).take("", MadeBy.HAND).name for _ in range(2)}
    assert len(names) == 2


def test_a_snapshot_that_never_becomes_ready_is_given_up() -> None:
    """With the driver's words, or what is probably missing; the Lease is free again."""
    for error, expected in (("no such volume", "no such volume"), ("", "VolumeSnapshotClass")):
        api, clock = Storage(error=error, works=False), FakeClock()
        with pytest.raises(TemporaryError, match=expected):
            taker(api, clock).take("", MadeBy.HAND)
        assert 30 <= clock.monotonic_seconds() < 35
        assert api.objects[LEASES.path("ns", "db-snapshot")]["spec"]["holderIdentity"] == ""
        reasons = [event["reason"] for path, event in api.objects.items() if "/events/" in path]
        assert reasons == ["SnapshotFailed"]


def test_retention_deletes_what_the_schedule_made_and_no_more() -> None:
    """Two are kept here; the one by hand is older and stays."""
    api, clock = storage(), FakeClock()
    taker(api, clock).take("by-hand", MadeBy.HAND)
    made = []
    for _ in range(4):
        clock.sleep(60)
        made.append(taker(api, clock).take("", MadeBy.SCHEDULE).name)
    for path, document in api.objects.items():
        if VOLUME_SNAPSHOTS.path("ns") in path:
            document["metadata"].setdefault("creationTimestamp", _created(document["metadata"]["name"]))
    assert retain(SETTINGS, KubernetesApi("ns", api, clock), clock) == (made[1], made[0])
    left = {path.rpartition("/")[2] for path in api.objects if VOLUME_SNAPSHOTS.path("ns") in path}
    assert left == {"by-hand", *made[2:]}


def _created(name: str) -> str:
    time = name.rpartition("-")[2]
    return f"2026-01-01T{time[:2]}:{time[2:4]}:{time[4:]}Z" if time.isdigit() else "2025-01-01T00:00:00Z"


def test_a_kubernetes_without_snapshots_is_said() -> None:
    """The kind is missing, not an object."""
    api, clock = storage(), FakeClock()
    api.statuses["create", "volumesnapshots"] = 404
    with pytest.raises(ConfigurationError, match="has no VolumeSnapshots"):
        taker(api, clock).take("", MadeBy.HAND)
