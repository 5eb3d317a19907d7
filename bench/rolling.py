"""Seconds without acknowledged writes while all three servers restart, seen by clients through the Service.

Every pause of all clients together that is longer than a write ever takes on an idle machine counts, not the longest
alone. As many seconds without a restart, just before, show what of it is the machine's.
"""

import itertools
import time
from collections.abc import Sequence

from bench.measure import Distribution
from bench.scenarios import install
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT, eventually
from tests.e2e.kit.state import whole
from tests.e2e.kit.writers import Writers, writing

PAUSE_SECONDS = 0.2
"""Shorter pauses are single slow commits."""
MAX_GAP_SECONDS = 3.0
QUIET_SECONDS = 20.0
AROUND_SECONDS = 1.5
"""A client notices a gap by its own time-out of one second, and another one may have begun just before."""


def measure(runs: int) -> list[Distribution]:
    """Restart all servers again and again, by a change of their pods' annotations."""
    release = Release("mysql", "bench")
    install(release)
    totals, longest, errors, quiet, durations = [], [], [], [], []
    try:
        for run in range(runs):
            eventually(lambda: whole(release), "a whole cluster", 300)
            with writing(release, run) as writers:
                begun = time.monotonic()
                time.sleep(QUIET_SECONDS)
                started = time.monotonic()
                release.upgrade(
                    *("--values", str(ROOT / "values" / "local.yaml")),
                    *("--set", f"podAnnotations.run=r{run},timeouts.install=460"),
                )
                ended = time.monotonic()
            pauses = _pauses(writers, started, ended)
            totals.append(sum(end - start for start, end in pauses))
            longest.append(max((end - start for start, end in pauses), default=0.0))
            errors.append(float(_errors_outside(writers, started, pauses)))
            quiet.append(sum(end - start for start, end in _pauses(writers, begun, started)))
            durations.append(ended - started)
            print(f"run {run + 1} of {runs}: {totals[-1]:.2f} s in {len(pauses)} pauses", flush=True)
    finally:
        release.delete_namespace()
    return [
        Distribution("rolling restart, total write gap", "s", tuple(totals), MAX_GAP_SECONDS),
        Distribution("rolling restart, longest pause", "s", tuple(longest)),
        Distribution("client errors outside of the gaps", "errors", tuple(errors), 0),
        Distribution(f"pauses in {QUIET_SECONDS:g} s without a restart", "s", tuple(quiet)),
        Distribution("helm upgrade", "s", tuple(durations)),
    ]


def _pauses(writers: Writers, since: float, until: float) -> list[tuple[float, float]]:
    times = sorted(moment for moment in writers.times if since <= moment <= until)
    return [(start, end) for start, end in itertools.pairwise(times) if end - start > PAUSE_SECONDS]


def _errors_outside(writers: Writers, since: float, pauses: Sequence[tuple[float, float]]) -> int:
    return sum(
        moment > since
        and not any(start - AROUND_SECONDS <= moment <= end + AROUND_SECONDS for start, end in pauses)
        for moment in writers.errors
    )
