"""`python -m bench [-k expression]`: measures, prints a table, writes `bench/results/<name>.json`."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from bench import claims, failover, footprint, install, rolling, scale, snapshots, topology
from bench.measure import Distribution, report
from bench.scenarios import SCENARIOS

Measurement = Callable[[], list[Distribution]]


def measurements(runs: int | None) -> dict[str, Measurement]:
    """Give every measurement by its name; `runs` replaces each one's own number."""
    return {
        "install": partial(install.measure, runs or 5),
        "footprint": footprint.measure,
        "topology": partial(topology.measure, runs or 10),
        # Here the number of runs is that of the sizes: the largest takes most of an hour.
        "snapshots": partial(snapshots.measure, (1, 4, 16)[: runs or 3]),
        "rolling": partial(rolling.measure, runs or 10),
        "claim-lost": partial(claims.measure, runs or 10),
        "scale": partial(scale.measure, runs or 10),
        **{scenario.name: partial(failover.measure, scenario.name, runs or 10) for scenario in SCENARIOS},
    }


def main() -> int:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("-k", default="", metavar="EXPRESSION", help=", ".join(measurements(None)))
    parser.add_argument("--runs", type=int, help="of each, instead of its own number")
    arguments = parser.parse_args()
    chosen = {name: run for name, run in measurements(arguments.runs).items() if arguments.k in name}
    if not chosen:
        print(f"no measurement has {arguments.k!r} in its name", file=sys.stderr)
        return 64
    for name, run in chosen.items():
        print(f"\n{name}", flush=True)
        print(f"written: {report(name, run())}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
