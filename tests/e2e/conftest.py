"""The local cluster, and releases of a test's own."""

from collections.abc import Callable, Generator, Iterator

import pytest

from tests.e2e.kit.aftermath import tell
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import BIN, KUBECONFIG, eventually
from tests.e2e.kit.state import every_release_is_ready

MADE = pytest.StashKey[list[Release]]()
"""Releases that a test has made for itself."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the report of a failure say what its releases looked like."""
    report = yield
    if report.failed:
        given = getattr(item, "funcargs", {}).values()
        shared = [each for each in given if isinstance(each, Release)]
        for release in {*shared, *item.stash.get(MADE, [])}:
            report.sections.append((f"namespace {release.namespace}", tell(release)))
    return report


@pytest.fixture(scope="session", autouse=True)
def _cluster() -> None:
    if not KUBECONFIG.is_file():
        pytest.fail("the local cluster is not running: make cluster-up")


@pytest.fixture(autouse=True)
def _others_are_ready(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test that broke nodes: tests of other processes go on with their releases."""
    yield
    if request.node.get_closest_marker("alone") is not None:
        eventually(every_release_is_ready, "the releases of all tests ready", 300)


@pytest.fixture
def fresh(request: pytest.FixtureRequest) -> Iterator[Callable[..., Release]]:
    """Make releases in namespaces of their own, deleted after the test."""
    made: list[Release] = request.node.stash.setdefault(MADE, [])

    def make(name: str, namespace: str, *, helm3: bool = False) -> Release:
        release = Release(name, namespace, str(BIN / ("helm3" if helm3 else "helm")))
        release.delete_namespace()
        release.make_namespace()
        made.append(release)
        return release

    yield make
    for release in made:
        release.delete_namespace()
