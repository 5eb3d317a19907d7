"""Pods: read as PodView, the two labels that are written, and their end."""

from contextlib import suppress

from innodb_cluster.effects.kubernetes.client import PODS, Document, KubernetesClient, NotFoundError
from innodb_cluster.effects.kubernetes.labels import selector
from innodb_cluster.model.names import REACHABLE_LABEL, ROLE_LABEL, Names
from innodb_cluster.model.pods import ContainerView, PodView

REVISION_LABEL = "controller-revision-hash"
"""Set by the StatefulSet's controller (Kubernetes: ``apps.StatefulSetRevisionLabel``)."""


def list_pods(client: KubernetesClient, names: Names, component: str) -> tuple[PodView, ...]:
    """List the server or router pods of one cluster, servers in the order of their ordinals."""
    views = [pod_view(document, names) for document in client.list(PODS, selector(names, component))]
    return tuple(
        sorted(views, key=lambda view: (view.ordinal if view.ordinal is not None else -1, view.name))
    )


def read_pod(client: KubernetesClient, names: Names, pod: str) -> PodView | None:
    """Read one pod as it is now, None when there is none: what is polled from memory may be old."""
    try:
        return pod_view(client.get(PODS, pod), names)
    except NotFoundError:
        return None


def label_pod_role(client: KubernetesClient, pod: str, role: str | None) -> None:
    """Set the role label of a pod, or remove it."""
    client.patch(PODS, pod, {"metadata": {"labels": {ROLE_LABEL: role}}})


def label_pod_reachable(client: KubernetesClient, pod: str, *, reachable: bool) -> None:
    """Let the client Service lead to a router pod, or not."""
    client.patch(PODS, pod, {"metadata": {"labels": {REACHABLE_LABEL: "yes" if reachable else "no"}}})


def delete_pod(client: KubernetesClient, name: str, uid: str, grace_seconds: int | None = None) -> None:
    """End this very pod; its containers get so many seconds, or what the pod says.

    ConflictError when the name belongs to another pod by now.
    """
    client.delete(PODS, name, uid, grace_seconds)


def pod_view(document: Document, names: Names) -> PodView:
    """Read a pod document; what is absent is empty."""
    metadata, spec, status = document["metadata"], document.get("spec", {}), document.get("status", {})
    conditions = {entry["type"]: entry for entry in status.get("conditions") or []}
    statuses = (status.get("initContainerStatuses") or []) + (status.get("containerStatuses") or [])
    scheduled = conditions.get("PodScheduled", {})
    return PodView(
        name=metadata["name"],
        ordinal=_ordinal(metadata["name"], names),
        ip=status.get("podIP", ""),
        node=spec.get("nodeName", ""),
        phase=status.get("phase", ""),
        ready=conditions.get("Ready", {}).get("status") == "True",
        containers=tuple(_container(entry) for entry in statuses),
        role=(metadata.get("labels") or {}).get(ROLE_LABEL, ""),
        reachable=(metadata.get("labels") or {}).get(REACHABLE_LABEL) != "no",
        deleting="deletionTimestamp" in metadata,
        unschedulable=scheduled.get("message", "") if scheduled.get("status") == "False" else "",
        uid=metadata.get("uid", ""),
        revision=(metadata.get("labels") or {}).get(REVISION_LABEL, ""),
    )


def _container(status: Document) -> ContainerView:
    state = status.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    # Between its failure, the next back-off and the next try a container waits for nothing; its reason is no less true.
    before = {} if status.get("ready") else (status.get("lastState") or {}).get("terminated") or {}
    failed = next((end for end in (ended, before) if end.get("exitCode", 0)), {})
    return ContainerView(
        name=status["name"],
        ready=bool(status.get("ready")),
        restarts=int(status.get("restartCount", 0)),
        waiting_reason=waiting.get("reason", "") or failed.get("reason", ""),
        waiting_message=str(failed.get("message", "")).strip() or _told(waiting, status),
    )


def _told(waiting: Document, status: Document) -> str:
    """Give the words of the container itself where it left any, else the kubelet's."""
    return _last_words(status) or str(waiting.get("message", ""))


def _last_words(status: Document) -> str:
    """Give what a container that failed wrote to its termination log."""
    ended = (status.get("lastState") or {}).get("terminated") or {}
    return str(ended.get("message", "")).strip()


def _ordinal(name: str, names: Names) -> int | None:
    with suppress(ValueError):
        return names.ordinal(name)
    return None
