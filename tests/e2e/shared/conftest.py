"""One installed release that the tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.e2e.kit.release import Release


@pytest.fixture(scope="package")
def shared() -> Iterator[Release]:
    """The release of the README's line, in another namespace; tests leave it healthy."""
    release = Release("mysql", "e2e")
    release.delete_namespace()
    release.make_namespace()
    release.install("--set", "tls.useSelfSigned=true")
    yield release
    release.delete_namespace()
