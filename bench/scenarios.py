"""What is done to the primary, and how the cluster is made whole again afterwards."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT
from tests.e2e.kit.state import primary_pod, renew_restarted, wait_until_whole
from tests.e2e.kit.writers import Writers

LOCAL_VALUES = str(ROOT / "values" / "local.yaml")
WRITES = 100
"""How many acknowledged writes after an event mean that writing goes on."""
EXPEL_TIMEOUT = "group_replication_member_expel_timeout"
PEERS_EXPEL_TIMEOUT_SECONDS = 5
"""The server's default, and what others leave it at."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One event, done to a healthy cluster while clients write."""

    name: str
    title: str
    act: Callable[[Release, Writers], None]
    """Returns when writes go on."""
    must_reach_seconds: float | None = None
    online_seconds: float | None = None
    """What the time until all members are ONLINE again must reach; None: it is not measured."""
    is_compared: bool = False
    """Whether runs with the peers' expel timeout alternate with ours."""


def during(
    fault: Callable[[Release, str], AbstractContextManager[object]],
) -> Callable[[Release, Writers], None]:
    """Give an act: writing goes on while the fault lasts."""

    def act(release: Release, writers: Writers) -> None:
        with fault(release, primary_pod(release)):
            writers.wait_for_more(WRITES)

    return act


def kill(release: Release, writers: Writers) -> None:
    """End the primary's mysqld at once, as the kernel does when memory runs out."""
    faults.kill(faults.processes(release, primary_pod(release)).mysqld())
    writers.wait_for_more(WRITES)


def delete(release: Release, writers: Writers) -> None:
    """Delete the primary's pod, as a drain of its node does."""
    _delete(release, [primary_pod(release)])
    writers.wait_for_more(WRITES)


def lose_all(release: Release, writers: Writers) -> None:
    """Delete every server pod at once and by force: a complete outage."""
    names = [pod["metadata"]["name"] for pod in release.pods("server")]
    _delete(release, names, "--grace-period=0", "--force")
    writers.wait_for_more(WRITES)


def _delete(release: Release, pods: Sequence[str], *flags: str) -> None:
    """Return when the servers have ended: Kubernetes answers before, and clients would go on writing for a moment."""
    servers = [faults.processes(release, pod).mysqld() for pod in pods]
    release.kubectl("delete", "pod", *pods, *flags, "--wait=false")
    faults.wait_until_ended(*servers)


def switch(release: Release, writers: Writers) -> None:
    """Make another member the primary, as before maintenance: by the value and an upgrade."""
    old = primary_pod(release)
    new = next(pod["metadata"]["name"] for pod in release.pods("server") if pod["metadata"]["name"] != old)
    upgrade(release, f"topology.primary={new}")
    if primary_pod(release) != new:
        raise AssertionError(f"{new} is not the primary")
    writers.wait_for_more(WRITES)


SCENARIOS = (
    Scenario("switchover", "planned switchover by helm upgrade", switch, 1.0),
    Scenario("deleted", "primary's pod deleted", delete, 2.0),
    Scenario("killed", "primary's mysqld killed", kill, 7.5, online_seconds=20.0, is_compared=True),
    Scenario(
        "frozen",
        "primary's server and agent frozen",
        during(lambda release, pod: faults.frozen(*faults.processes(release, pod).server_and_agent())),
        8.0,
        is_compared=True,
    ),
    Scenario(
        "node-lost",
        "primary's node lost",
        during(lambda release, pod: faults.node_lost(faults.node_of(release, pod))),
        8.0,
    ),
    Scenario(
        "node-cut",
        "primary's node cut off",
        during(lambda release, pod: faults.node_cut(faults.node_of(release, pod))),
        8.0,
        is_compared=True,
    ),
    Scenario(
        "hung",
        "primary's mysqld hung but in the group",
        during(lambda release, pod: faults.hung(faults.processes(release, pod).mysqld())),
        10.0,
    ),
    Scenario("outage", "all server pods deleted by force", lose_all, 20.0, online_seconds=40.0),
)


def prepare(release: Release, expel_timeout_seconds: int) -> None:
    """Wait until the cluster is whole and set what is compared."""
    wait_until_whole(release, 300)
    renew_restarted(release)
    for pod in release.pods("server"):
        statement = f"SET GLOBAL {EXPEL_TIMEOUT} = {expel_timeout_seconds}"
        release.exec_sql(pod["metadata"]["name"], statement)


def upgrade(release: Release, *values: str) -> None:
    """Change values of the installed release."""
    release.upgrade("--values", LOCAL_VALUES, "--set", ",".join(values))


def install(release: Release, *values: str) -> float:
    """Install the chart in a fresh namespace and give the seconds that it took."""
    release.delete_namespace()
    release.make_namespace()
    started = time.monotonic()
    release.install("--values", LOCAL_VALUES, *(f"--set={value}" for value in values))
    return time.monotonic() - started
