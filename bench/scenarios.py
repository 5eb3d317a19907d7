"""What is done to the primary, and how the cluster is made whole again afterwards."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bench.writers import Writers
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT, eventually

PID = "$(< /var/run/mysqld/mysqld.pid)"
LOCAL_VALUES = str(ROOT / "values" / "local.yaml")
EXPEL_TIMEOUT = "group_replication_member_expel_timeout"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One event, done to a healthy cluster while clients write."""

    name: str
    title: str
    act: Callable[[Release, Writers], None]
    """Returns when writes go on."""
    expel_timeout_seconds: int = 0
    must_reach_seconds: float | None = None


def primary(release: Release) -> str:
    """Name the primary's pod."""
    host: str = release.status()[1]["defaultReplicaSet"]["primary"]
    return host.partition(".")[0]


def signal(release: Release, pod: str, name: str) -> None:
    """Send a signal to a pod's mysqld from within its container."""
    release.kubectl("exec", pod, "-c", "mysql", "--", "bash", "-c", f"kill -{name} {PID}")


def freeze(release: Release, writers: Writers) -> None:
    """Stop the primary's mysqld without a word, as a hung disk or a lost node would."""
    pod = primary(release)
    signal(release, pod, "STOP")
    try:
        writers.wait_for_more(100)
    finally:
        with suppress(AssertionError):  # the kubelet may have ended it meanwhile
            signal(release, pod, "CONT")


def kill(release: Release, writers: Writers) -> None:
    """End the primary's mysqld at once, as the kernel does when memory runs out."""
    signal(release, primary(release), "KILL")
    writers.wait_for_more(100)


def switch(release: Release, writers: Writers) -> None:
    """Make another member the primary, as before maintenance: by the value and an upgrade."""
    old = primary(release)
    new = next(pod["metadata"]["name"] for pod in release.pods("server") if pod["metadata"]["name"] != old)
    upgrade(release, f"topology.primary={new}")
    if primary(release) != new:
        raise AssertionError(f"{new} is not the primary")
    writers.wait_for_more(100)


SCENARIOS = (
    Scenario("switchover", "planned switchover by helm upgrade", switch, must_reach_seconds=1.0),
    Scenario("killed", "primary's mysqld killed", kill),
    Scenario("frozen", "primary's mysqld frozen", freeze),
    Scenario("frozen-default", "the same with the server's default expel timeout", freeze, 5),
)


def whole(release: Release) -> bool:
    """Whether every member is ONLINE and every pod ready."""
    ready = [s["ready"] for pod in release.pods("server") for s in pod["status"].get("containerStatuses", [])]
    return len(ready) == 2 * len(release.pods("server")) and all(ready) and release.status()[0] == 0


def prepare(release: Release, scenario: Scenario) -> None:
    """Wait until the cluster is whole and set what the scenario compares."""
    eventually(lambda: whole(release), "a whole cluster", 300)
    for pod in release.pods("server"):
        statement = f"SET GLOBAL {EXPEL_TIMEOUT} = {scenario.expel_timeout_seconds}"
        release.exec_sql(pod["metadata"]["name"], statement)


def upgrade(release: Release, *values: str) -> None:
    """Change values of the installed release."""
    release.upgrade("--values", LOCAL_VALUES, "--set", ",".join(values))


def install(release: Release) -> float:
    """Install the chart in a fresh namespace and give the seconds that it took."""
    release.delete_namespace()
    release.make_namespace()
    started = time.monotonic()
    release.install("--values", LOCAL_VALUES)
    return time.monotonic() - started
