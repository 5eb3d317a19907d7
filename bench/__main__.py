"""`make bench`: measures, prints a table, writes bench/results/*.json."""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.scenarios import SCENARIOS, Scenario, install, prepare
from bench.writers import writing
from tests.e2e.kit.release import Release

RESULTS = Path(__file__).resolve().parent / "results"
RUNS = 10


def measure(release: Release, scenario: Scenario, run: int) -> float:
    """Do one run and give the seconds without writes."""
    prepare(release, scenario)
    with writing(release, run) as writers:
        since = time.monotonic()
        scenario.act(release, writers)
    return writers.longest_gap_seconds(since)


def machine() -> dict[str, str | int]:
    """Say what the figures were made on."""
    pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count() or 0,
        "memory_bytes": pages * page_bytes,
        "kernel": platform.release(),
        "load_average_1min": f"{os.getloadavg()[0]:.2f}",
    }


def show(results: dict[str, list[float]]) -> None:
    """Print the table."""
    print(f"\n{'seconds without writes':<50} {'runs':>4} {'min':>7} {'median':>7} {'max':>7}")
    for scenario in SCENARIOS:
        if seconds := results.get(scenario.name):
            figures = (min(seconds), statistics.median(seconds), max(seconds))
            print(f"{scenario.title:<50} {len(seconds):>4} " + " ".join(f"{f:7.2f}" for f in figures))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "-k", default="", help=f"only those with this in their name: {[s.name for s in SCENARIOS]}"
    )
    parser.add_argument("--runs", type=int, default=RUNS, help="of each")
    arguments = parser.parse_args()
    chosen = [scenario for scenario in SCENARIOS if arguments.k in scenario.name]
    if not chosen:
        sys.exit(f"error: no measurement has {arguments.k!r} in its name")
    release = Release("mysql", "bench")
    print(f"installed in {install(release):.1f} s", flush=True)
    results: dict[str, list[float]] = {scenario.name: [] for scenario in chosen}
    try:
        # In turns, so that what the machine does meanwhile falls on all of them.
        for run in range(arguments.runs):
            for index, scenario in enumerate(chosen):
                seconds = measure(release, scenario, run * len(chosen) + index)
                results[scenario.name].append(seconds)
                print(f"run {run + 1} of {arguments.runs}: {scenario.title}: {seconds:.2f} s", flush=True)
    finally:
        RESULTS.mkdir(exist_ok=True)
        document = {"machine": machine(), "runs": arguments.runs, "seconds_without_writes": results}
        path = RESULTS / f"{datetime.now(UTC):%Y%m%d-%H%M%S}.json"
        path.write_text(json.dumps(document, indent=2) + "\n")
    show(results)
    print(f"written to {path}")
    release.delete_namespace()


if __name__ == "__main__":
    main()
