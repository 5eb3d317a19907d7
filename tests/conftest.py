"""How the suites run side by side in a few processes and still share one local Kubernetes.

Tests of one group run in one process, in the order in which they stand. Whoever uses the Kubernetes holds a
lock together with the others; a test that stops nodes or all of it (marker ``alone``) holds it for itself.
"""

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
LOCK = TESTS.parent / ".cluster" / "tests.lock"
SUITES = ("static", "unit", "simulation", "chart", "contract", "e2e")
ONE_PROCESS = ("contract/mysql", "e2e/faults")
"""Folders whose files share servers, or a release."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its group, and put first what others would wait for."""
    for item in items:
        if _suite(item) == "e2e":
            item.add_marker("cluster")
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_rank)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Wait for the Kubernetes before the test's own time begins."""
    if not any(item.iter_markers("cluster")) or not LOCK.parent.is_dir():
        return (yield)
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if any(item.iter_markers("alone")) else fcntl.LOCK_SH)
        return (yield)


def _folder(item: pytest.Item) -> str:
    return item.path.parent.relative_to(TESTS).as_posix()


def _suite(item: pytest.Item) -> str:
    return _folder(item).partition("/")[0]


def _group(item: pytest.Item) -> str:
    if "shared" in getattr(item, "fixturenames", ()):
        return "shared release"
    folder = _folder(item)
    return folder if folder in ONE_PROCESS else f"{folder}/{item.path.stem}"


def _rank(item: pytest.Item) -> tuple[bool, int]:
    """Nobody else's test is under way yet when those that need the Kubernetes for themselves come first."""
    return _group(item) == "shared release" or not any(item.iter_markers("alone")), SUITES.index(_suite(item))
