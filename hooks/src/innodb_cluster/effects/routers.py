"""Asks every router pod whether it routes."""

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.router_rest import RouterAddress, RouterRest
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.pods import PodView
from innodb_cluster.model.settings import Settings


def router_pods(api: KubernetesApi, settings: Settings) -> tuple[str, ...]:
    """Name the router pods that are there to stay."""
    return tuple(pod.name for pod in api.list_pods(settings.names, "router") if not pod.deleting)


def not_routing(api: KubernetesApi, settings: Settings, secrets: MountedSecrets) -> tuple[str, ...]:
    """Name each router that does not route yet, with its reason; empty when all do."""
    pods = [pod for pod in api.list_pods(settings.names, "router") if not pod.deleting]
    reasons = [f"{pod.name} ({reason})" for pod in pods if (reason := _obstacle(pod, settings, secrets))]
    if len(pods) != settings.router_instances:
        reasons.append(f"{len(pods)} of {settings.router_instances} router pods exist")
    return tuple(reasons)


def _obstacle(pod: PodView, settings: Settings, secrets: MountedSecrets) -> str:
    if not pod.ip:
        return pod.waiting or f"pod {pod.phase}"
    rest = RouterRest(RouterAddress(pod.ip, settings.service_name), secrets.rest_password)
    try:
        return "" if rest.is_alive("rw") else "no destination for route rw"
    except InnodbClusterError as error:
        return pod.waiting or error.reason
