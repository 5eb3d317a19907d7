"""Seconds without acknowledged writes, and until all members are ONLINE, seen by clients through the Service.

Clients go through a node on which no primary is, and there is a router on each node: what is measured is how long the
database takes, and how long the Service leads to a router that is gone.
"""

import time
from collections import defaultdict
from collections.abc import Iterator

from bench.measure import Distribution
from bench.scenarios import PEERS_EXPEL_TIMEOUT_SECONDS, SCENARIOS, Scenario, install, prepare
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_until_whole
from tests.e2e.kit.writers import Writers, writing

PEERS_SHARE = 3
"""With the peers' timeout a run takes three times as long: one for so many of ours."""
ONLINE = "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"


def measure(name: str, runs: int) -> list[Distribution]:
    """Run one scenario; where it is compared with the peers' expel timeout, some runs have that one."""
    scenario = next(each for each in SCENARIOS if each.name == name)
    release = Release("mysql", "bench")
    faults.mend()
    install(release, "routerInstances=3")
    figures: dict[str, list[float]] = defaultdict(list)
    try:
        for number, (run, timeout) in enumerate(_turns(runs, is_compared=scenario.is_compared)):
            for what, seconds in _run(release, scenario, number, timeout).items():
                figures[what].append(seconds)
                print(f"run {run} of {runs}: {what}: {seconds:.2f} s", flush=True)
    finally:
        faults.mend()
        release.delete_namespace()
    bounds = {scenario.title: scenario.must_reach_seconds, _online(scenario, 0): scenario.online_seconds}
    return [Distribution(what, "s", tuple(seconds), bounds.get(what)) for what, seconds in figures.items()]


def _turns(runs: int, *, is_compared: bool) -> Iterator[tuple[int, int]]:
    """Give each run's number and expel timeout."""
    for run in range(1, runs + 1):
        yield run, 0
        if is_compared and run % PEERS_SHARE == 1:
            yield run, PEERS_EXPEL_TIMEOUT_SECONDS


def _run(release: Release, scenario: Scenario, number: int, timeout: int) -> dict[str, float]:
    prepare(release, timeout)
    servers = _uuids(release)
    node = faults.other_node(faults.node_of(release, primary_pod(release)))
    found: dict[str, float] = {}
    with writing(release, number, node) as writers:
        since = time.monotonic()
        scenario.act(release, writers)
        found[scenario.title + _suffix(timeout)] = writers.longest_gap_seconds(since)
        if scenario.online_seconds is not None:
            found[_online(scenario, timeout)] = _seconds_until_online(writers, since)
        # The ledger is compared with the group, not with a member that woke up a moment ago and has not noticed yet.
        wait_until_whole(release, 300)
    if _uuids(release) != servers:
        raise AssertionError("a member was cloned: its server_uuid is another one")
    return found


def _seconds_until_online(writers: Writers, since: float) -> float:
    eventually(lambda: writers.query(ONLINE) == [(3,)], "three members ONLINE", 240, pause_seconds=0.2)
    return time.monotonic() - since


def _uuids(release: Release) -> list[str]:
    def uuid(pod: str) -> str:
        return eventually(lambda: release.exec_sql(pod, "SELECT @@server_uuid"), pod, 120)

    return [uuid(f"{release.name}-{ordinal}") for ordinal in range(3)]


def _online(scenario: Scenario, timeout: int) -> str:
    return f"{scenario.title}: all members ONLINE again{_suffix(timeout)}"


def _suffix(timeout: int) -> str:
    return f" (expel timeout {timeout})" if timeout else ""
