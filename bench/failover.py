"""Seconds without acknowledged writes, seen by clients through the Service."""

import time

from bench.measure import Distribution
from bench.scenarios import SCENARIOS, Scenario, install, prepare
from tests.e2e.kit.release import Release
from tests.e2e.kit.writers import writing


def measure(name: str, runs: int) -> list[Distribution]:
    """Run one scenario; the one with the peers' default setting alternates with ours, in the same run."""
    chosen = [scenario for scenario in SCENARIOS if scenario.name in {name, name.removesuffix("-default")}]
    release = Release("mysql", "bench")
    install(release)
    gaps: dict[str, list[float]] = {scenario.title: [] for scenario in chosen}
    try:
        for run in range(runs):
            for index, scenario in enumerate(chosen):
                seconds = _gap_seconds(release, scenario, run * len(chosen) + index)
                gaps[scenario.title].append(seconds)
                print(f"run {run + 1} of {runs}: {scenario.title}: {seconds:.2f} s", flush=True)
    finally:
        release.delete_namespace()
    return [
        Distribution(scenario.title, "s", tuple(gaps[scenario.title]), scenario.must_reach_seconds)
        for scenario in chosen
    ]


def _gap_seconds(release: Release, scenario: Scenario, number: int) -> float:
    prepare(release, scenario)
    with writing(release, number) as writers:
        since = time.monotonic()
        scenario.act(release, writers)
    return writers.longest_gap_seconds(since)
