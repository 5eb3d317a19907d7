"""Seconds without acknowledged writes, and without answered reads, while the topology mode changes both ways."""

import time

from bench.measure import Distribution
from bench.scenarios import install, upgrade
from tests.e2e.kit.reader import reading
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import whole
from tests.e2e.kit.writers import writing

MODES = ("multi-primary", "single-primary")
MUST_REACH_SECONDS = 2.0


def measure(runs: int) -> list[Distribution]:
    """Switch there and back, again and again, by helm upgrade."""
    release = Release("mysql", "bench")
    install(release)
    writes: dict[str, list[float]] = {mode: [] for mode in MODES}
    reads: dict[str, list[float]] = {mode: [] for mode in MODES}
    errors: list[float] = []
    try:
        for run in range(runs * len(MODES)):
            mode = MODES[run % len(MODES)]
            write_gap, read_gap, read_errors = _gaps_seconds(release, mode, run)
            writes[mode].append(write_gap)
            reads[mode].append(read_gap)
            errors.append(read_errors)
            print(f"to {mode}: {write_gap:.2f} s without writes, {read_gap:.2f} s without reads", flush=True)
    finally:
        release.delete_namespace()
    return [
        *(Distribution(f"writes, to {m}", "s", tuple(writes[m]), MUST_REACH_SECONDS) for m in MODES),
        *(Distribution(f"reads, to {m}", "s", tuple(reads[m])) for m in MODES),
        Distribution("reads that failed", "number", tuple(errors), 0),
    ]


def _gaps_seconds(release: Release, mode: str, run: int) -> tuple[float, float, float]:
    eventually(lambda: whole(release), "a whole cluster", 300)
    with writing(release, run) as writers, reading(release) as reader:
        since = time.monotonic()
        upgrade(release, f"topology.mode={mode}")
        writers.wait_for_more(100)
    if release.status()[1]["defaultReplicaSet"]["topologyMode"].lower() != mode:
        raise AssertionError(f"the group is not in {mode} mode")
    return writers.longest_gap_seconds(since), reader.longest_gap_seconds(since), len(reader.errors)
