"""How long a member takes that lost its volume: a new pod, an empty claim, a clone of all the data."""

import time

from bench.filling import forget_binary_logs, write_mebibytes
from bench.measure import Distribution
from bench.scenarios import install
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_until_whole

MIB = 1024
MUST_REACH_SECONDS = 60.0


def measure(runs: int) -> list[Distribution]:
    """Delete a secondary's claim and pod, again and again, with 1 GiB of data."""
    release = Release("mysql", "bench")
    install(release)
    seconds = []
    try:
        _fill(release)
        for run in range(runs):
            wait_until_whole(release, 300)
            seconds.append(_lose_claim(release))
            print(f"run {run + 1} of {runs}: {seconds[-1]:.2f} s", flush=True)
    finally:
        release.delete_namespace()
    return [Distribution("claim lost, 1 GiB: ONLINE again", "s", tuple(seconds), MUST_REACH_SECONDS)]


def _fill(release: Release) -> None:
    """Write 1 GiB, and forget how it came to be: then only a clone will do."""
    write_mebibytes(release, MIB)
    wait_until_whole(release, 300)
    forget_binary_logs(release)


def _lose_claim(release: Release) -> float:
    primary = primary_pod(release)
    pods = [pod["metadata"]["name"] for pod in release.pods("server")]
    victim = next(pod for pod in pods if pod != primary)
    uuid = release.exec_sql(victim, "SELECT @@server_uuid")
    online = (
        "SELECT COUNT(*) FROM performance_schema.replication_group_members "
        f"WHERE member_host LIKE '{victim}.%' AND member_state = 'ONLINE' AND member_id <> '{uuid}'"
    )
    started = time.monotonic()
    release.kubectl("delete", "pvc", f"data-{victim}", "--wait=false")
    release.kubectl("delete", "pod", victim, "--wait=false")
    eventually(
        lambda: release.exec_sql(primary, online) == "1", "a new member ONLINE", 300, pause_seconds=0.2
    )
    return time.monotonic() - started
