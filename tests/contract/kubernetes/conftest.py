"""Fixtures of the tests that run against both Kubernetes APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from innodb_cluster.model.errors import TemporaryError
from tests.contract.kubernetes.worlds import World, kubeconfig, real_world, remove
from tests.unit.kubernetes.in_memory_api import InMemoryApi

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=["in-memory", pytest.param("real", marks=[pytest.mark.cluster])])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A namespace in the API in memory, or in the real one where there is a cluster."""
    if request.param == "in-memory":
        yield World(InMemoryApi(), "contract")
        return
    file = kubeconfig()
    if file is None:
        pytest.skip("no cluster: `make cluster-up` starts one")
    try:
        found = real_world(file)
    except TemporaryError as error:
        pytest.skip(f"the cluster does not answer: {error}")
    yield found
    remove(found)
