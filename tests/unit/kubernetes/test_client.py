"""Calls and their errors, against the API in memory."""

import pytest

from innodb_cluster.effects.kubernetes.client import (
    CONFIG_MAPS,
    LEASES,
    PODS,
    ConflictError,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from tests.unit.kubernetes.in_memory_api import InMemoryApi


def test_paths_name_group_version_and_namespace() -> None:
    """The core group has a root of its own."""
    assert PODS.path("ns") == "/api/v1/namespaces/ns/pods"
    assert LEASES.path("ns", "x") == "/apis/coordination.k8s.io/v1/namespaces/ns/leases/x"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ConfigurationError),
        (401, TemporaryError),
        (403, ConfigurationError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, ConfigurationError),
        (429, TemporaryError),
        (500, TemporaryError),
        (503, TemporaryError),
    ],
)
def test_errors_say_what_the_caller_must_do(status: int, error: type[Exception]) -> None:
    """Sorted by HTTP status alone."""
    api = InMemoryApi()
    api.statuses["get", "configmaps"] = status
    with pytest.raises(error) as caught:
        KubernetesClient("ns", api).get(CONFIG_MAPS, "x")
    assert type(caught.value) is error
    assert f"Kubernetes answered {status} to GET configmaps x" in str(caught.value)


def test_a_missing_permission_names_the_role() -> None:
    """The one thing to do about 403 is said."""
    api = InMemoryApi()
    api.statuses["get", "configmaps"] = 403
    with pytest.raises(ConfigurationError, match="Role"):
        KubernetesClient("ns", api).get(CONFIG_MAPS, "x")
