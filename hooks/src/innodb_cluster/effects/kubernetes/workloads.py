"""StatefulSet and Deployment, as far as a rollout's progress is concerned."""

from innodb_cluster.effects.kubernetes.client import (
    DEPLOYMENTS,
    STATEFUL_SETS,
    Document,
    KubernetesClient,
    NotFoundError,
    Resource,
)
from innodb_cluster.model.names import Names
from innodb_cluster.model.pods import WorkloadView

TOUCHED_ANNOTATION = "innodb-cluster.mysql/restored"


def read_servers(client: KubernetesClient, names: Names) -> WorkloadView | None:
    """Read the servers' StatefulSet, None when there is none."""
    return _read(client, STATEFUL_SETS, names.cluster)


def read_routers(client: KubernetesClient, names: Names) -> WorkloadView | None:
    """Read the routers' Deployment, None when there is none."""
    return _read(client, DEPLOYMENTS, names.router)


def touch_servers(client: KubernetesClient, names: Names, when: str) -> None:
    """Write an annotation that the chart does not render: a change is what makes the controller look."""
    client.patch(STATEFUL_SETS, names.cluster, {"metadata": {"annotations": {TOUCHED_ANNOTATION: when}}})


def _read(client: KubernetesClient, resource: Resource, name: str) -> WorkloadView | None:
    try:
        return _view(client.get(resource, name))
    except NotFoundError:
        return None


def _view(document: Document) -> WorkloadView:
    metadata, status = document["metadata"], document.get("status") or {}
    replicas = int(document["spec"].get("replicas", 1))
    updated = int(status.get("updatedReplicas", 0))
    seen = status.get("observedGeneration", 0) >= metadata.get("generation", 0)
    return WorkloadView(
        name=metadata["name"],
        replicas=replicas,
        ready_replicas=int(status.get("readyReplicas", 0)),
        updated_replicas=updated,
        is_settled=seen and updated == replicas == int(status.get("replicas", 0)),
        is_observed=seen,
        update_revision=status.get("updateRevision", ""),
    )
