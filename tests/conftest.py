"""How the suites run side by side in a few processes and still share one local Kubernetes.

The tests of a file run in one process, in the order in which they stand. Whoever uses the Kubernetes holds a
lock together with the others; a test that stops nodes or all of it (marker ``alone``) holds it for itself.
"""

import fcntl
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent
LOCK = TESTS.parent / ".cluster" / "tests.lock"
TURN = LOCK.with_suffix(".turn")
"""Held while waiting for the lock, so that a test that wants it for itself is not passed by others for ever."""
FAULTS = TESTS / "e2e" / "faults"
LONGEST = ("test_rollouts.py", "test_restore_faults.py")
"""Files of the end-to-end tests that come first: one that began late would go on alone at the end."""
SUITES = ("static", "unit", "simulation", "chart", "contract", "e2e")
ONE_PROCESS = ("tests/contract/mysql", "tests/e2e/faults", "tests/e2e/shared")
"""Folders whose files share servers."""
ANY_PROCESS = ("tests/e2e/test_bad_input.py", "tests/e2e/test_variants.py")
"""Files whose tests have a release of their own each."""


class Scheduling(LoadScopeScheduling):
    """Gives each process one file after the other, but for what stands above."""

    def _split_scope(self, nodeid: str) -> str:
        path = PurePosixPath(nodeid.partition("::")[0])
        if str(path) in ANY_PROCESS:
            return nodeid
        return str(path.parent) if str(path.parent) in ONE_PROCESS else str(path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Take the place of what ``--dist`` names."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the faults, while the other processes have tests that need no Kubernetes."""
    for item in items:
        if _suite(item) == "e2e":
            item.add_marker("cluster")
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, int, bool, bool]:
    is_soon = item.path.name in LONGEST
    return item.path.parent != FAULTS, SUITES.index(_suite(item)), not is_soon, not _is_alone(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Wait for the Kubernetes before the test's own time begins."""
    if item.get_closest_marker("cluster") is None or not LOCK.parent.is_dir():
        return (yield)
    with LOCK.open("w") as lock:
        with TURN.open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            fcntl.flock(lock, fcntl.LOCK_EX if _is_alone(item) else fcntl.LOCK_SH)
        return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Name a failure when it happens: the end of the run may be half an hour away."""
    if report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        reason = crash.message.partition("\n")[0] if crash else ""
        print(f"\n{report.nodeid}: {report.when} failed: {reason}", flush=True)


def _is_alone(item: pytest.Item) -> bool:
    return item.get_closest_marker("alone") is not None


def _suite(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).parts[0]
