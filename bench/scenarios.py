"""What is done to the primary, and how the cluster is made whole again afterwards."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT
from tests.e2e.kit.state import primary_pod, wait_until_whole
from tests.e2e.kit.writers import Writers

LOCAL_VALUES = str(ROOT / "values" / "local.yaml")
WRITES = 100
"""How many acknowledged writes after an event mean that writing goes on."""
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


def freeze(release: Release, writers: Writers) -> None:
    """Stop the primary's mysqld without a word, as a hung machine would."""
    with faults.frozen(faults.processes(release, primary_pod(release)).mysqld()):
        writers.wait_for_more(WRITES)


def kill(release: Release, writers: Writers) -> None:
    """End the primary's mysqld at once, as the kernel does when memory runs out."""
    faults.kill(faults.processes(release, primary_pod(release)).mysqld())
    writers.wait_for_more(WRITES)


def switch(release: Release, writers: Writers) -> None:
    """Make another member the primary, as before maintenance: by the value and an upgrade."""
    old = primary_pod(release)
    new = next(pod["metadata"]["name"] for pod in release.pods("server") if pod["metadata"]["name"] != old)
    upgrade(release, f"topology.primary={new}")
    if primary_pod(release) != new:
        raise AssertionError(f"{new} is not the primary")
    writers.wait_for_more(WRITES)


SCENARIOS = (
    Scenario("switchover", "planned switchover by helm upgrade", switch, must_reach_seconds=1.0),
    Scenario("killed", "primary's mysqld killed", kill),
    Scenario("frozen", "primary's mysqld frozen", freeze),
    Scenario("frozen-default", "the same with the server's default expel timeout", freeze, 5),
)


def prepare(release: Release, scenario: Scenario) -> None:
    """Wait until the cluster is whole and set what the scenario compares."""
    wait_until_whole(release, 300)
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
