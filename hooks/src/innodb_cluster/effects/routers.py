"""Asks every router pod whether it routes, or whether it is there at all."""

import socket

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.router_rest import RouterAddress, RouterRest
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.pods import PodView
from innodb_cluster.model.routes import REST_PORT
from innodb_cluster.model.settings import Settings

REACH_SECONDS = 1.2
"""The kernel tries a second time after one: a single lost packet is no miss."""


def is_reachable(ip: str) -> bool:
    """Whether a pod's node answers; a router that refuses the connection is the kubelet's business."""
    try:
        with socket.create_connection((ip, REST_PORT), timeout=REACH_SECONDS):
            return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def router_pods(api: KubernetesApi, settings: Settings) -> tuple[str, ...]:
    """Name the router pods that are there to stay."""
    return tuple(pod.name for pod in _staying(api, settings))


def router_version(api: KubernetesApi, settings: Settings, secrets: MountedSecrets, pod: str) -> str:
    """Ask a router for its version; empty when it does not answer."""
    view = api.read_pod(settings.names, pod)
    if view is None or not view.ip:
        return ""
    try:
        return _rest(view, settings, secrets).version()
    except InnodbClusterError:
        return ""


def not_routing(api: KubernetesApi, settings: Settings, secrets: MountedSecrets) -> tuple[str, ...]:
    """Name each router that does not route yet, with its reason; empty when all do."""
    pods = _staying(api, settings)
    reasons = [f"{pod.name} ({reason})" for pod in pods if (reason := _obstacle(pod, settings, secrets))]
    if len(pods) != settings.router_instances:
        reasons.append(f"{len(pods)} of {settings.router_instances} router pods exist")
    return tuple(reasons)


def _obstacle(pod: PodView, settings: Settings, secrets: MountedSecrets) -> str:
    if not pod.ip:
        return pod.waiting or f"pod {pod.phase}"
    rest = _rest(pod, settings, secrets)
    try:
        return "" if rest.is_alive("rw") else "no destination for route rw"
    except InnodbClusterError as error:
        return pod.waiting or error.reason


def _staying(api: KubernetesApi, settings: Settings) -> tuple[PodView, ...]:
    return tuple(pod for pod in api.list_pods(settings.names, "router") if not pod.deleting)


def _rest(pod: PodView, settings: Settings, secrets: MountedSecrets) -> RouterRest:
    return RouterRest(RouterAddress(pod.ip, settings.service_name), secrets.rest_password)
