"""The local cluster, and one installed release that most tests share."""

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import BIN, KUBECONFIG


@pytest.fixture(scope="session", autouse=True)
def _cluster() -> None:
    if not KUBECONFIG.is_file():
        pytest.fail("the local cluster is not running: make cluster-up")


@pytest.fixture(scope="session")
def shared() -> Iterator[Release]:
    """The release of the README's line, in another namespace; tests leave it healthy."""
    release = Release("mysql", "e2e")
    release.delete_namespace()
    release.make_namespace()
    release.install("--set", "tls.useSelfSigned=true")
    yield release
    release.delete_namespace()


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
