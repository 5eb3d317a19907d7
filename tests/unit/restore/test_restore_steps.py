"""A whole restore against the API in memory, with a StatefulSet's controller, killed after each of its writes."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from innodb_cluster.decide.health import classify
from innodb_cluster.decide.restore import decide_restore
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import CLAIMS, CONFIG_MAPS, PODS, VOLUME_SNAPSHOTS, Document
from innodb_cluster.effects.kubernetes.permissions import Actor, rules
from innodb_cluster.effects.mysql.connection import Session, Timeouts
from innodb_cluster.effects.restore import Restorer
from innodb_cluster.jobs.restore import look_at_restore
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.record import Record, record_from_data, record_to_data
from innodb_cluster.model.restore import ForgetReplication, RestoreAction, RestorePhase
from innodb_cluster.model.snapshot_settings import RestoreSettings
from tests.unit.builders import GROUP, member, record, seen, settings
from tests.unit.kubernetes.builders import pod
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.snapshots.builders import Storage

SETTINGS = replace(settings(), restore=RestoreSettings("good"))
NAMES = SETTINGS.names
PROTECTION = "kubernetes.io/pvc-protection"


class Killed(BaseException):
    """The Job ends here."""


class Kubernetes(Storage):
    """The API with the controllers that a restore meets, and a Job that may die after any write."""

    def __init__(self, *, is_hasty: bool) -> None:
        super().__init__()
        self.is_hasty = is_hasty
        """Whether the StatefulSet's controller makes an empty claim faster than the Job makes its own."""
        self.writes_left = -1
        self.put(CONFIG_MAPS.path("ns", NAMES.state), {"data": record_to_data(record())})
        self.put(
            VOLUME_SNAPSHOTS.path("ns", "good"),
            {
                "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
                "spec": {"source": {"persistentVolumeClaimName": "data-db-1"}},
                "status": {"creationTime": "x", "readyToUse": True, "restoreSize": "10Gi"},
            },
        )
        self.control()
        self.old = {self.objects[path]["metadata"]["uid"] for path in self.paths(CLAIMS.path("ns"))}
        self.was_hasty = False

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        if path == CLAIMS.path("ns") and method == "POST" and self.is_hasty and not self.was_hasty:
            self.was_hasty = True
            self.control()
        answer = super().send(method, path, query, body)
        self.writes_left -= method != "GET"
        if self.writes_left == 0 and method != "GET":
            raise Killed
        return answer

    def paths(self, collection: str) -> list[str]:
        return [path for path in self.objects if path.rpartition("/")[0] == collection]

    def control(self) -> None:
        """Let the controllers do what is due: kubelet, claim protection, StatefulSet, provisioner."""
        for path in self.paths(PODS.path("ns")):
            if "deletionTimestamp" in self.objects[path]["metadata"]:
                del self.objects[path]
        for path in self.paths(CLAIMS.path("ns")):
            metadata = self.objects[path]["metadata"]
            is_used = PODS.path("ns", metadata["name"].removeprefix("data-")) in self.objects
            if "deletionTimestamp" in metadata and not is_used:
                metadata["finalizers"] = [entry for entry in metadata["finalizers"] if entry != PROTECTION]
                if not metadata["finalizers"]:
                    del self.objects[path]
        for name in SETTINGS.pods:
            self._make(name)

    def _make(self, name: str) -> None:
        claim = CLAIMS.path("ns", f"data-{name}")
        if claim not in self.objects:
            super()._create(CLAIMS.path("ns"), {"metadata": {"name": f"data-{name}"}, "spec": {}})
        document = self.objects[claim]
        document["metadata"].setdefault("finalizers", [PROTECTION])
        document["status"] = {"phase": "Bound"}
        if "deletionTimestamp" not in document["metadata"] and PODS.path("ns", name) not in self.objects:
            made = pod(name)
            made["metadata"]["finalizers"] = ["kubelet"]
            super()._create(PODS.path("ns"), made)

    @property
    def record(self) -> Record:
        return record_from_data(self.objects[CONFIG_MAPS.path("ns", NAMES.state)]["data"])


def one_run(api: Kubernetes, clock: FakeClock) -> None:
    """Run the Job's loop until creation has its turn."""

    def connect(_pod: str, _timeouts: Timeouts) -> Session:
        raise AssertionError("no server is asked")

    kubernetes = KubernetesApi("ns", api, clock)
    restorer = Restorer(SETTINGS, kubernetes, clock, connect)
    inherited = api.record.restore_safety
    for _ in range(60):
        found = kubernetes.read_record(NAMES)
        assert found
        servers = tuple(member(name, gtids=f"{GROUP}:1-9") for name in SETTINGS.pods)
        observation = seen(*servers, of=SETTINGS, written=found[0])
        looked = look_at_restore(kubernetes, SETTINGS, found[0], inherited)
        plan = decide_restore(observation, classify(observation), looked)
        if plan is None:
            return
        assert plan.refusal is None, plan.refusal
        for action in plan.actions:
            assert isinstance(action, RestoreAction)
            assert not isinstance(action, ForgetReplication)
            with suppress(TemporaryError):
                restorer.perform(action)
        api.control()
        clock.sleep(plan.requeue_after_seconds)
    raise AssertionError("it does not come to an end")


def uids(api: Kubernetes) -> dict[str, str]:
    """Give the uid of every claim."""
    return {
        api.objects[path]["metadata"]["name"]: api.objects[path]["metadata"]["uid"]
        for path in api.paths(CLAIMS.path("ns"))
    }


def check(api: Kubernetes) -> None:
    """Nothing old is left, and the first volume is the snapshot's."""
    found = api.record
    assert found.restore_phase == RestorePhase.START
    assert (found.bootstrapped, found.seed, found.server_instances) == ("", "db-0", "")
    assert found.group_name != GROUP
    assert set(uids(api).values()) & api.old == set()
    first = api.objects[CLAIMS.path("ns", "data-db-0")]
    assert first["spec"]["dataSource"]["name"] == "good"
    assert "deletionTimestamp" not in first["metadata"]
    safety = [path for path in api.paths(VOLUME_SNAPSHOTS.path("ns")) if not path.endswith("/good")]
    assert len(safety) == 1
    assert safety[0].endswith(found.restore_safety)


@pytest.mark.parametrize("is_hasty", [False, True])
@pytest.mark.parametrize("writes", range(1, 25))
def test_a_restore_that_is_killed_after_any_write_goes_on(writes: int, *, is_hasty: bool) -> None:
    """Whoever of Job and controller is faster; and the Role allows every request."""
    api, clock = Kubernetes(is_hasty=is_hasty), FakeClock()
    api.writes_left = writes
    with suppress(Killed):
        one_run(api, clock)
    api.control()
    clock.sleep(5)
    one_run(api, clock)
    check(api)
    granted = rules(Actor.CONVERGE, SETTINGS)
    for verb, resource, name in api.calls:
        assert any(
            rule.resource.plural == resource and verb in rule.verbs and (not rule.names or name in rule.names)
            for rule in granted
        ), f"{verb} {resource} {name}"


def test_a_claim_that_a_snapshot_is_taken_of_is_known_by_the_controllers_finalizer() -> None:
    """Kubernetes' own protection of a claim in use says nothing of snapshots."""
    api, clock = Kubernetes(is_hasty=False), FakeClock()
    kubernetes = KubernetesApi("ns", api, clock)
    api.control()
    for is_copied in (False, True):
        claim = kubernetes.read_claim("data-db-1")
        assert claim
        assert claim.is_copied is is_copied
        finalizers = api.objects[CLAIMS.path("ns", "data-db-1")]["metadata"].setdefault("finalizers", [])
        finalizers.append("snapshot.storage.kubernetes.io/pvc-as-source-protection")
