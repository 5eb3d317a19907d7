"""Why pods do not start: from what they are, and from the warnings that Kubernetes gave."""

from innodb_cluster.model.pods import PodView, WarningView
from innodb_cluster.model.settings import Settings

_OF_CLAIM = frozenset({"ProvisioningFailed", "VolumeBindingFailed", "FailedBinding"})
_OF_POD = frozenset({"FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox"})
_OF_CREATION = "FailedCreate"
"""Given by the controllers of StatefulSets and ReplicaSets: quotas, Pod Security, admission webhooks."""


def obstacles(
    settings: Settings, pods: tuple[PodView, ...], warnings: tuple[WarningView, ...]
) -> tuple[str, ...]:
    """Give ``<pod>: <why it does not start>`` for each pod that is held back and each server that has none.

    ``warnings`` are in their order, the newest last.
    """
    present = {pod.name for pod in pods}
    held_back = ((pod.name, _held_back(pod, settings, warnings)) for pod in pods)
    lines = [f"{name}: {reason}" for name, reason in held_back if reason]
    refused = _newest(warnings, "StatefulSet", settings.names.cluster, frozenset({_OF_CREATION}))
    absent = [pod for pod in settings.pods if pod not in present]
    lines += [f"{pod}: the pod does not exist{refused}" for pod in absent]
    if len(pods) - len(present & set(settings.pods)) < settings.router_instances:
        lines += _routers_refused(settings, warnings)
    return tuple(lines)


def _held_back(pod: PodView, settings: Settings, warnings: tuple[WarningView, ...]) -> str:
    if pod.deleting:
        return "the pod is still ending"
    if not pod.node:
        # While a volume is being made for it, the scheduler says nothing.
        claim = settings.names.claim(pod.name)
        warning = _newest(warnings, "PersistentVolumeClaim", claim, _OF_CLAIM)
        return (pod.waiting or "it has no node yet") + warning
    if pod.waiting:
        return pod.waiting
    # An image is being pulled as long as a registry does not answer, and that gives no other reason.
    waiting = [container for container in pod.containers if container.waiting_reason]
    if not waiting:
        return ""
    return f"container {waiting[0].name} {waiting[0].waiting_reason}" + _newest(
        warnings, "Pod", pod.name, _OF_POD
    )


def _routers_refused(settings: Settings, warnings: tuple[WarningView, ...]) -> list[str]:
    deployment = settings.names.router
    sets = {w.name for w in warnings if w.kind == "ReplicaSet" and w.name.startswith(f"{deployment}-")}
    found = (_newest(warnings, "ReplicaSet", name, frozenset({_OF_CREATION})) for name in sorted(sets))
    return [f"Deployment {deployment}: a pod is missing{shown}" for shown in found if shown]


def _newest(warnings: tuple[WarningView, ...], kind: str, name: str, reasons: frozenset[str]) -> str:
    """Give the newest of these warnings about an object, ready to be appended; empty without one."""
    for warning in reversed(warnings):
        if (warning.kind, warning.name) == (kind, name) and warning.reason in reasons:
            return f" ({warning.kind} {warning.name} {warning.reason}: {warning.message})"
    return ""
