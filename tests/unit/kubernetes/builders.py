"""Builders of Kubernetes documents: name only what matters to the test."""

from typing import Any

from innodb_cluster.effects.kubernetes.client import PODS, Document
from tests.unit.kubernetes.in_memory_api import InMemoryApi

NAMESPACE = "ns"


def pod(
    name: str,
    component: str = "server",
    *,
    cluster: str = "db",
    role: str = "",
    ready: bool = True,
    waiting: tuple[str, str, str] = ("", "", ""),
    unschedulable: str = "",
    deleting: bool = False,
) -> Document:
    """Build a pod of the chart; ``waiting`` is container, reason and message."""
    labels = {
        "app.kubernetes.io/name": "mysql-innodb-cluster",
        "app.kubernetes.io/component": component,
        "innodb-cluster.mysql/cluster": cluster,
    }
    if role:
        labels["innodb-cluster.mysql/role"] = role
    metadata: dict[str, Any] = {"name": name, "labels": labels}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    if unschedulable:
        conditions.append({"type": "PodScheduled", "status": "False", "message": unschedulable})
    return {
        "metadata": metadata,
        "spec": {"nodeName": "node-1"},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.1",
            "conditions": conditions,
            "initContainerStatuses": [_container("config", waiting)],
            "containerStatuses": [_container("mysql", waiting), _container("agent", waiting)],
        },
    }


def _container(name: str, waiting: tuple[str, str, str]) -> Document:
    status: Document = {"name": name, "ready": True, "restartCount": 2, "state": {"running": {}}}
    if waiting[0] == name:
        status["state"] = {"waiting": {"reason": waiting[1], "message": waiting[2]}}
    return status


def api_with_pods(*documents: Document) -> InMemoryApi:
    """Build an API that has these pods."""
    api = InMemoryApi()
    for document in documents:
        api.put(PODS.path(NAMESPACE, document["metadata"]["name"]), document)
    return api
