"""The data of a snapshot takes the place of what there is: in place, by hand, and as a new release."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import environment, eventually, run
from tests.e2e.shared.test_snapshots import take

LONGER = ("--set", "timeouts.install=460")
KILLS = 5


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    """One release for all cases of this file, in the order in which they stand."""
    made = Release("mysql", "restore")
    made.delete_namespace()
    made.make_namespace()
    made.install(*LONGER)
    yield made
    made.delete_namespace()


def record(release: Release) -> dict[str, str]:
    """Read the record."""
    data: dict[str, str] = release.get("configmap", "mysql-state")["data"]
    return data


def rows(release: Release, password: str = PASSWORD) -> set[int]:
    """Give what the ledger's table holds."""
    return {row[0] for row in release.query("SELECT id FROM ledger.entries", password=password)}


def routers(release: Release) -> dict[str, tuple[str, int]]:
    """Give uid and restarts of the routers."""
    return {name: seen for name, seen in release.identities().items() if "router" in name}


def members_hold_the_same(release: Release) -> None:
    """Every member answers, ONLINE, with the same data."""
    eventually(lambda: release.status()[0] == 0, "the status is OK", 300)
    release.test()


def test_a_restore_in_place_brings_back_what_was_committed_before_the_snapshot(release: Release) -> None:
    """Under writes, with another root password in the same upgrade; routers go on, and it happens once."""
    with writing(release) as ledger:
        sure = list(ledger.acknowledged)
        take(release, "--name", "good")
        ledger.wait_for_more()
    later = len(ledger.acknowledged)
    before, servers = routers(release), release.exec_sql("mysql-0", "SELECT @@server_uuid")
    arguments = (*LONGER, "--set", "restore.snapshotName=good")
    release.upgrade(*arguments, password="another one")
    restored = rows(release, "another one")
    assert set(sure) <= restored
    assert restored == set(ledger.acknowledged[: len(restored)])
    assert len(restored) < later
    assert routers(release) == before
    assert release.exec_sql("mysql-0", "SELECT @@server_uuid") != servers
    written = record(release)
    assert (written["restoreApplied"], written["restorePhase"]) == ("good#0", "")
    safety = release.get("volumesnapshot", written["restoreSafety"])
    assert safety["metadata"]["labels"]["innodb-cluster.mysql/made-by"] == "safety"
    members_hold_the_same(release)
    identities = release.identities()
    release.upgrade(*arguments, password="another one")
    assert release.identities() == identities
    assert record(release) == written
    owners = release.get("statefulset", "mysql")["metadata"]["managedFields"]
    ours = [entry["fieldsV1"] for entry in owners if "innodb-cluster" in entry["manager"]]
    assert not [fields for fields in ours if "f:spec" in fields]


def test_what_cannot_be_restored_stops_nothing(release: Release) -> None:
    """Refused by the prepare Job, before anything else of the upgrade; a rollback restores nothing either."""
    before, written = release.identities(), record(release)
    refused = release.upgrade(
        *LONGER, "--set", "restore.snapshotName=nothing", password="another one", check=False
    )
    assert refused.returncode != 0
    assert "there is no such VolumeSnapshot" in refused.stderr
    assert release.identities() == before
    assert record(release) == written
    run(release.helm, "rollback", "mysql", "1", "--namespace", "restore", "--timeout", "8m")
    assert {name: uid for name, (uid, _) in release.identities().items()} == {
        name: uid for name, (uid, _) in before.items()
    }
    assert record(release)["groupName"] == written["groupName"]


def test_a_job_that_is_killed_at_every_step_goes_on(release: Release) -> None:
    """The same snapshot once more, by its generation, with a Job that dies again and again."""
    expected = rows(release)
    release.query("DELETE FROM ledger.entries")
    arguments = (*LONGER, "--set", "restore.snapshotName=good", "--set", "restore.generation=1")
    values = '{"credentials": {"root": {"password": "another one"}}}'
    command = (release.helm, "upgrade", "mysql", "charts/mysql-innodb-cluster", "--namespace", "restore")
    with subprocess.Popen(
        [*command, "--values", "-", "--timeout", "9m", *arguments],
        stdin=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as helm:
        try:
            assert helm.stdin is not None
            helm.stdin.write(values)
            helm.stdin.close()
            kills = 0
            while kills < KILLS and helm.poll() is None:
                kills += _kill_after(release, 3 + 4 * kills, helm)
            assert helm.wait(timeout=540) == 0
        finally:
            helm.kill()
    assert kills >= 3
    assert rows(release, "another one") == expected
    assert record(release)["restoreApplied"] == "good#1"
    members_hold_the_same(release)


def _kill_after(release: Release, lines: int, helm: "subprocess.Popen[str]") -> bool:
    """Delete the running pod of the converge Job when it has logged so many lines."""
    deadline = time.monotonic() + 240
    while helm.poll() is None and time.monotonic() < deadline:
        selector = ("--selector", "job-name=mysql-converge", "--field-selector", "status.phase=Running")
        for name in release.kubectl("get", "pods", *selector, "-o", "name", check=False).split():
            if len(release.kubectl("logs", name, check=False).splitlines()) >= lines:
                release.kubectl("delete", name, "--grace-period=0", "--force", "--wait=false", check=False)
                return True
        time.sleep(0.2)
    return False


def test_the_procedure_by_hand_ends_in_a_healthy_cluster(release: Release) -> None:
    """Scale to 0, delete the claims, make the first one from the snapshot, scale up: no hook takes part."""
    expected = rows(release, "another one")
    snapshot = """
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: {name: mine}
spec: {source: {persistentVolumeClaimName: data-mysql-0}}
"""
    claim = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data-mysql-0}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Gi}}
  dataSource: {apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: mine}
"""
    namespace = ("--namespace", release.namespace)
    run("kubectl", *namespace, "apply", "-f", "-", stdin=snapshot)
    release.kubectl(
        "wait", "--for=jsonpath={.status.readyToUse}=true", "volumesnapshot/mine", "--timeout=120s"
    )
    release.query("DELETE FROM ledger.entries", password="another one")
    release.kubectl("scale", "statefulset", "mysql", "--replicas=0")
    eventually(lambda: not release.pods("server"), "every server has stopped", 240)
    release.kubectl("delete", "pvc", "data-mysql-0", "data-mysql-1", "data-mysql-2", "--timeout=120s")
    run("kubectl", *namespace, "apply", "-f", "-", stdin=claim)
    release.kubectl("scale", "statefulset", "mysql", "--replicas=3")
    eventually(lambda: release.status()[0] == 0, "the status is OK", 400)
    eventually(lambda: rows(release, "another one") == expected, "the data through a router")
    members_hold_the_same(release)


def test_a_new_release_begins_with_the_data(release: Release) -> None:
    """With identities, accounts and a group of its own; beside the cluster that the snapshot is of."""
    copy = Release("copy", release.namespace)
    small = ("--set", "serverInstances=1", "--set", "restore.snapshotName=good")
    copy.install(*LONGER, *small, password="the copy's own")
    restored = {row[0] for row in copy.query("SELECT id FROM ledger.entries", password="the copy's own")}
    assert restored
    theirs, ours = record(release), copy.get("configmap", "copy-state")["data"]
    assert ours["groupName"] != theirs["groupName"]
    uuids = {owner.exec_sql(f"{owner.name}-0", "SELECT @@server_uuid") for owner in (release, copy)}
    assert len(uuids) == 2
    clusters = copy.query(
        "SELECT cluster_name FROM mysql_innodb_cluster_metadata.clusters", password="the copy's own"
    )
    assert clusters == [("copy",)]
    copy.test()
