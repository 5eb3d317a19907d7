"""Secrets as text, and rollouts as numbers."""

import pytest

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import DEPLOYMENTS, SECRETS, STATEFUL_SETS, NotFoundError
from innodb_cluster.model.names import Names
from tests.unit.kubernetes.in_memory_api import InMemoryApi

NAMES = Names("db", "ns")


def test_a_secret_comes_back_as_it_was_written() -> None:
    """Any text, also empty."""
    kubernetes = KubernetesApi("ns", InMemoryApi())
    values = {"password": "ö'\\\"\n$(x)", "empty": ""}
    assert kubernetes.create_secret(NAMES, "s", values)
    assert kubernetes.read_secret("s") == values


def test_an_existing_secret_is_not_made_again() -> None:
    """What is in it stays."""
    kubernetes = KubernetesApi("ns", InMemoryApi())
    kubernetes.create_secret(NAMES, "s", {"a": "1"})
    assert not kubernetes.create_secret(NAMES, "s", {"a": "2"})
    assert kubernetes.read_secret("s") == {"a": "1"}


def test_a_patch_leaves_the_other_keys() -> None:
    """And needs a Secret."""
    kubernetes = KubernetesApi("ns", InMemoryApi())
    kubernetes.create_secret(NAMES, "s", {"a": "1", "b": "2"})
    kubernetes.patch_secret("s", {"b": "3"})
    assert kubernetes.read_secret("s") == {"a": "1", "b": "3"}
    with pytest.raises(NotFoundError):
        kubernetes.patch_secret("t", {"b": "3"})


def test_what_is_made_outlives_the_release() -> None:
    """No owner, and not Helm's."""
    api = InMemoryApi()
    KubernetesApi("ns", api).create_secret(NAMES, "s", {})
    metadata = api.objects[SECRETS.path("ns", "s")]["metadata"]
    assert "ownerReferences" not in metadata
    assert metadata["labels"]["app.kubernetes.io/managed-by"] == "innodb-cluster"


@pytest.mark.parametrize(
    ("generation", "observed", "updated", "replicas", "settled"),
    [(2, 2, 3, 3, True), (2, 1, 3, 3, False), (2, 2, 1, 3, False), (2, 2, 3, 4, False)],
)
def test_a_rollout_is_settled_when_its_controller_has_done_it(
    generation: int, observed: int, updated: int, replicas: int, *, settled: bool
) -> None:
    """The newest specification was seen, and all pods are of it, and no other is left."""
    api = InMemoryApi()
    document = {
        "metadata": {"generation": generation},
        "spec": {"replicas": 3},
        "status": {
            "observedGeneration": observed,
            "updatedReplicas": updated,
            "replicas": replicas,
            "readyReplicas": 2,
        },
    }
    api.put(STATEFUL_SETS.path("ns", "db"), document)
    api.put(DEPLOYMENTS.path("ns", "db-router"), document)
    kubernetes = KubernetesApi("ns", api)
    for view in (kubernetes.read_servers(NAMES), kubernetes.read_routers(NAMES)):
        assert view is not None
        assert view.is_settled is settled
        assert view.ready_replicas == 2


def test_a_workload_that_is_not_there_is_none() -> None:
    """Before the chart's objects are made."""
    kubernetes = KubernetesApi("ns", InMemoryApi())
    assert kubernetes.read_servers(NAMES) is None
    assert kubernetes.read_routers(NAMES) is None
