"""Snapshots and restores in place, at several sizes of data: is a restore flat in size, and does a snapshot stall writes?

The first write after a restore is seen by clients through the Service; the other
members are cloned afterwards, which is reported apart because it does grow with the
data. A logical dump and reload of the same data stands beside it.
"""

import json
import re
import subprocess
import time

import mysql.connector

from bench.filling import forget_binary_logs, write_mebibytes
from bench.measure import Distribution
from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import BIN, CHART, KUBECONFIG, ROOT, eventually
from tests.e2e.kit.state import whole
from tests.e2e.kit.writers import Writers, writing

MAX_CUT_SECONDS = 3
MAX_RESTORE_SECONDS = 45
RESTORES = 3
LARGE_GIB, LARGE_RESTORES = 16, 2
"""After each of these the other members clone for minutes."""
MAX_DUMP_GIB = 4
"""Every member holds what is dumped and what is reloaded: 96 GiB in all for the largest size, more than the pool."""
CUT = re.compile(r'point in time is fixed" seconds=([0-9.]+)')
NAMESPACE = "bench-snapshots"
INSTALL = (
    *("--values", str(ROOT / "values" / "local.yaml"), "--set", "timeouts.install=1700"),
    *("--set", "datadirVolumeClaimTemplate.resources.requests.storage=28Gi"),
)
DUMP = (
    "set -o pipefail; mysqldump --defaults-file=/etc/innodb-cluster/conf/my.cnf --single-transaction "
    "--set-gtid-purged=OFF load_test blobs | sed 's/`blobs`/`blobs_again`/' | "
    "mysql --defaults-file=/etc/innodb-cluster/conf/my.cnf load_test"
)


def measure(sizes_gib: tuple[int, ...]) -> list[Distribution]:
    """Fill, snapshot, restore, dump and reload at each size, on a release of its own; each size is restored more than once."""
    release = Release("mysql", NAMESPACE)
    found: list[Distribution] = []
    for size in sizes_gib:
        release.delete_namespace()
        release.make_namespace()
        _fill(release, size)
        found += _snapshot(release, size)
        found += _restores(release, size, RESTORES if size < LARGE_GIB else LARGE_RESTORES)
        if size <= MAX_DUMP_GIB:
            found.append(_dump(release, size))
    release.delete_namespace()
    return found


def _fill(release: Release, gib: int) -> None:
    """Fill one server, and let the others clone it: no binary logs are kept of it, and it takes a third of the time."""
    release.install(*INSTALL, "--set", "serverInstances=1")
    for number in range(gib):
        write_mebibytes(release, 1024)
        forget_binary_logs(release)
        print(f"{number + 1} GiB are there", flush=True)
    release.upgrade(*INSTALL)
    eventually(lambda: whole(release), "a whole cluster", 900)


def _snapshot(release: Release, size: int) -> list[Distribution]:
    """Time until the point in time is fixed, and the longest gap between writes with and without a snapshot."""
    with writing(release, 0) as writers:
        quiet = _gap(writers)
        started = time.monotonic()
        told = release.command("mysql-0", "snapshot", "--name", f"s{size}")
        stalled = writers.longest_gap_seconds(started)
    match = CUT.search(told.stdout + told.stderr)
    if match is None:
        raise RuntimeError(told.stderr)
    seconds = float(match[1])
    return [
        Distribution(f"{size} GiB: asked until the point in time is fixed", "s", (seconds,), MAX_CUT_SECONDS),
        Distribution(f"{size} GiB: longest gap between writes, with a snapshot", "s", (stalled,)),
        Distribution(f"{size} GiB: the same without", "s", (quiet,)),
    ]


def _gap(writers: Writers) -> float:
    started = time.monotonic()
    writers.wait_for_more(2000)
    return writers.longest_gap_seconds(started)


def _restores(release: Release, size: int, runs: int) -> list[Distribution]:
    first, last = [], []
    for generation in range(runs):
        until_first, until_last = _restore(release, size, generation)
        first.append(until_first)
        last.append(until_last)
        eventually(lambda: whole(release), "a whole cluster", 1800)
    what = f"{size} GiB: restore in place until the first write"
    return [
        Distribution(what, "s", tuple(first), MAX_RESTORE_SECONDS),
        Distribution(f"{size} GiB: until every member is back", "s", tuple(last)),
    ]


def _restore(release: Release, size: int, generation: int) -> tuple[float, float]:
    """Restore in place; seconds from the upgrade to the first write, and to the last member being back."""
    values = {"credentials": {"root": {"password": PASSWORD}}}
    restore = f"restore.snapshotName=s{size},restore.safetySnapshot=false,restore.generation={generation}"
    command = [
        *(str(BIN / "helm"), "upgrade", release.name, str(CHART), "--namespace", release.namespace),
        *("--kubeconfig", str(KUBECONFIG), "--values", "-", "--timeout", "30m", *INSTALL, "--set", restore),
    ]
    group = _group_name(release)
    started = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as helm:
        if helm.stdin is not None:
            helm.stdin.write(json.dumps(values))
            helm.stdin.close()
        eventually(lambda: _writes_again(release, group), "the first write", 1800, 0.1)
        first = time.monotonic() - started
        print(f"{size} GiB: first write after {first:.1f} s", flush=True)
        if helm.wait(timeout=1800):
            raise RuntimeError("the restore failed")
    return first, time.monotonic() - started


def _writes_again(release: Release, former_group: str) -> bool:
    if _group_name(release) == former_group:
        return False
    try:
        release.query("CREATE TABLE IF NOT EXISTS load_test.after (id INT)")
    except mysql.connector.Error as error:
        raise AssertionError(str(error)) from error
    return True


def _group_name(release: Release) -> str:
    name: str = release.get("configmap", "mysql-state")["data"]["groupName"]
    return name


def _dump(release: Release, size: int) -> Distribution:
    """Dump and reload the same rows on the primary, which holds its group up as a reload does."""
    started = time.monotonic()
    release.kubectl("exec", "mysql-0", "-c", "mysql", "--", "bash", "-c", DUMP)
    seconds = time.monotonic() - started
    release.query("DROP TABLE IF EXISTS load_test.blobs_again")
    return Distribution(f"{size} GiB: dump and reload", "s", (seconds,))
