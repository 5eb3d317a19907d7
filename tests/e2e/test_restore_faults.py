"""What goes wrong around a restore: storage that makes no snapshots, a snapshot that goes away, a member that is down.

The tests share one release that Helm 3 handles, and go on from each other.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import BIN, eventually, kubectl
from tests.e2e.shared.test_snapshots import take
from tests.e2e.test_restore import members_hold_the_same, record
from tests.e2e.test_scaling import pods

SMALL = (
    "--set=server.resources.requests.memory=768Mi",
    "--set=datadirVolumeClaimTemplate.resources.requests.storage=2Gi",
)
LONGER = (*SMALL, "--set=timeouts.install=460")


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    """Three small servers with a table, and two snapshots of it."""
    made = Release("mysql", "restore-faults", str(BIN / "helm3"))
    made.delete_namespace()
    made.make_namespace()
    made.install(*LONGER)
    made.query("CREATE DATABASE app")
    made.query("CREATE TABLE app.t (id INT PRIMARY KEY)")
    made.query("INSERT INTO app.t VALUES (1)")
    for name in ("good", "doomed"):
        take(made, "--name", name)
    yield made
    made.delete_namespace()


def ids(release: Release) -> list[int]:
    """Give what the table holds."""
    return sorted(row[0] for row in release.query("SELECT id FROM app.t"))


def last_words(release: Release, job: str) -> str:
    """Give the end of the log of a hook Job: Helm 3 does not show it."""
    return release.kubectl("logs", f"job/{release.name}-{job}", "--tail=5")


def test_a_safety_snapshot_that_never_becomes_ready_stops_nothing(release: Release) -> None:
    """The Job waits until its deadline, and says for what and why."""
    before = release.identities()
    wanted = ("--set=restore.snapshotName=doomed", "--set=snapshots.className=no-such-class")
    assert release.upgrade(*SMALL, "--set=timeouts.install=60", *wanted, check=False).returncode != 0
    words = last_words(release, "converge")
    assert "waiting for safety snapshot mysql-" in words, words
    assert "no-such-class" in words, words
    release.query("INSERT INTO app.t VALUES (2)")
    assert release.identities() == before
    assert record(release)["restorePhase"] == "safety"


def test_a_snapshot_that_is_deleted_meanwhile_ends_the_restore_with_a_way_back(release: Release) -> None:
    """With the class put right the same upgrade goes on; the safety snapshot then brings all of it back, to five servers."""
    in_vain = record(release)["restoreSafety"]
    done: list[subprocess.CompletedProcess[str]] = []
    wanted = (*LONGER, "--set=restore.snapshotName=doomed")
    helm = threading.Thread(target=lambda: done.append(release.upgrade(*wanted, check=False)))
    helm.start()
    eventually(
        lambda: record(release)["restorePhase"] == "replace", "volumes that are replaced", pause_seconds=0.1
    )
    release.kubectl("delete", "volumesnapshot", "doomed", "--wait=false")
    helm.join()
    assert done[0].returncode != 0
    safety = record(release)["restoreSafety"]
    assert safety != in_vain
    assert in_vain not in release.kubectl("get", "volumesnapshot", "-o", "name")
    words = last_words(release, "converge")
    assert "was deleted while it was restored" in words, words
    assert f"restore.snapshotName={safety}" in words, words

    release.upgrade(*LONGER, "--set=serverInstances=5", f"--set=restore.snapshotName={safety}")
    assert ids(release) == [1, 2]
    assert len(pods(release)) == 5
    members_hold_the_same(release)


def test_a_restore_goes_on_without_a_member_that_is_down(release: Release) -> None:
    """One of five answers nobody: the others have a majority for the safety snapshot, and it comes back with the rest."""
    with faults.member_away(release, "mysql-4"):
        release.upgrade(*LONGER, "--set=serverInstances=5", "--set=restore.snapshotName=good")
    assert record(release)["restoreApplied"] == "good#0"
    assert ids(release) == [1]
    assert len(pods(release)) == 5
    members_hold_the_same(release)


@pytest.fixture
def without_snapshots(release: Release, tmp_path: Path) -> Iterator[Release]:
    """One server without a router on a volume that no CSI driver made."""
    folder = tmp_path / "volume"
    folder.mkdir()
    folder.chmod(0o777)
    metadata = {"name": "plain"}
    place: dict[str, Any] = {"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}
    objects = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": metadata,
            "provisioner": "kubernetes.io/no-provisioner",
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": metadata,
            "spec": {
                "storageClassName": "plain",
                "capacity": {"storage": "2Gi"},
                "accessModes": ["ReadWriteOnce"],
                "local": {"path": str(folder)},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [place]}]}},
            },
        },
    ]
    for item in objects:
        kubectl("apply", "-f", "-", stdin=json.dumps(item))
    made = Release("plain", release.namespace, release.helm)
    made.install(
        *(*LONGER, "--set=serverInstances=1,routerInstances=0,timeouts.snapshot=30"),
        "--set=datadirVolumeClaimTemplate.storageClassName=plain",
    )
    yield made
    made.uninstall()
    made.kubectl("delete", "pvc", "data-plain-0")
    kubectl("delete", "pv/plain", "storageclass/plain")


def test_storage_that_makes_no_snapshots_is_named(without_snapshots: Release) -> None:
    """By the command, and by an Event on the VolumeSnapshot."""
    done = without_snapshots.command("plain-0", "snapshot", "--name", "impossible")
    assert done.returncode == 75, done.stdout + done.stderr
    assert "non-CSI volumes" in done.stderr, done.stderr
    events = without_snapshots.all("event", fields="involvedObject.name=impossible")
    assert "SnapshotFailed" in {event["reason"] for event in events}
    assert without_snapshots.status()[1]["defaultReplicaSet"]["status"].startswith("OK")
