"""Snapshots on the running cluster: by hand and on the schedule, of real volumes."""

import json
from pathlib import Path

from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually


def snapshots(release: Release) -> dict[str, dict[str, str]]:
    """Give each VolumeSnapshot's labels and annotations, when it is ready."""
    return {
        item["metadata"]["name"]: {**item["metadata"]["labels"], **item["metadata"].get("annotations", {})}
        for item in release.all("volumesnapshot")
        if item.get("status", {}).get("readyToUse")
    }


def take(release: Release, *arguments: str) -> None:
    """Take a snapshot as a person does."""
    done = release.command(f"{release.name}-0", "snapshot", *arguments)
    assert done.returncode == 0, done.stderr


def test_a_snapshot_by_hand_is_of_a_secondary_and_says_what_it_holds(shared: Release) -> None:
    """While clients write; nobody else's name is taken over."""
    with writing(shared):
        take(shared, "--name", "by-hand")
    made = snapshots(shared)["by-hand"]
    assert made["innodb-cluster.mysql/cluster"] == "e2e/mysql"
    group = shared.get("configmap", "mysql-state")["data"]["groupName"]
    assert made["innodb-cluster.mysql/gtid-set"].startswith(f"{group}:1-")
    _, document = shared.status()
    assert not document["defaultReplicaSet"]["primary"].startswith(made["innodb-cluster.mysql/server-pod"])
    table = shared.command("mysql-1", "snapshots")
    assert table.returncode == 0, table.stderr
    assert "by-hand" in table.stdout
    events = shared.all("event", fields="involvedObject.name=by-hand")
    assert "SnapshotReady" in {event["reason"] for event in events}
    assert shared.command("mysql-0", "snapshot", "--name", "by-hand").returncode == 64


def test_the_schedule_keeps_as_many_as_it_is_told(shared: Release, tmp_path: Path) -> None:
    """Each run is started as its CronJob would start it; what was made by hand stays."""
    before = shared.identities()
    values = {"snapshots": {"schedule": "0 3 1 1 *", "quiesce": True, "retention": {"count": 1}}}
    file = tmp_path / "values.json"
    file.write_text(json.dumps(values))
    shared.upgrade("--values", str(file))
    assert shared.identities() == before
    made = []
    for number in ("1", "2"):
        shared.kubectl("create", "job", f"run-{number}", "--from=cronjob/mysql-snapshot")
        shared.kubectl("wait", "--for=condition=complete", f"job/run-{number}", "--timeout=180s")
        label = "innodb-cluster.mysql/run"
        made += [name for name, has in snapshots(shared).items() if has.get(label) == f"run-{number}"]
    assert len(made) == 2

    def scheduled() -> set[str]:
        label = "innodb-cluster.mysql/made-by"
        return {name for name, has in snapshots(shared).items() if has.get(label) == "schedule"}

    eventually(lambda: scheduled() == {made[1]}, "the older scheduled snapshot is gone")
    assert "by-hand" in snapshots(shared)
    shared.upgrade()
    assert shared.identities() == before
