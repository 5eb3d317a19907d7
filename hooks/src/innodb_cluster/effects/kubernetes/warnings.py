"""Warnings that Kubernetes' own components gave as Events: of volumes, mounts, quotas and admission."""

from innodb_cluster.effects.kubernetes.client import EVENTS, Document, KubernetesClient
from innodb_cluster.model.pods import WarningView


def list_warnings(client: KubernetesClient) -> tuple[WarningView, ...]:
    """List the namespace's warnings, the newest last. Events live for an hour by default (``--event-ttl``)."""
    found = sorted(client.list(EVENTS, {}, {"type": "Warning"}), key=_seen)
    return tuple(
        WarningView(
            kind=document["involvedObject"].get("kind", ""),
            name=document["involvedObject"].get("name", ""),
            reason=document.get("reason") or "",
            message=document.get("message") or "",
        )
        for document in found
    )


def _seen(document: Document) -> str:
    """When it was seen last; what was written by events.k8s.io/v1 has only ``eventTime``."""
    return document.get("lastTimestamp") or document.get("eventTime") or ""
