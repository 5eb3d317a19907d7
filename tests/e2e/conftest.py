"""The local cluster, and releases of a test's own."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import BIN, KUBECONFIG, eventually
from tests.e2e.kit.state import every_release_is_ready


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
def fresh() -> Iterator[Callable[..., Release]]:
    """Make releases in namespaces of their own, deleted after the test."""
    made: list[Release] = []

    def make(name: str, namespace: str, *, helm3: bool = False) -> Release:
        release = Release(name, namespace, str(BIN / ("helm3" if helm3 else "helm")))
        release.delete_namespace()
        release.make_namespace()
        made.append(release)
        return release

    yield make
    for release in made:
        release.delete_namespace()
