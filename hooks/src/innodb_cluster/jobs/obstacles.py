"""Says what Kubernetes holds against the pods, for the moment when waiting ends."""

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.pods import PodView, ServerRollout, WorkloadView
from innodb_cluster.model.settings import Settings


def describe_obstacles(api: KubernetesApi, settings: Settings) -> str:
    """Give ``; <pod>: <why it does not start>`` for each pod that Kubernetes holds back.

    Images that cannot be pulled, volumes that cannot be bound and missing Secrets show here.
    """
    try:
        pods = [*api.list_pods(settings.names, "server"), *api.list_pods(settings.names, "router")]
    except InnodbClusterError as error:
        return f"; and {error.reason}"
    present = {pod.name for pod in pods}
    absent = [pod for pod in settings.pods if pod not in present]
    lines = [f"{pod.name}: {_held_back(pod)}" for pod in pods if _held_back(pod)]
    lines += [f"{pod}: the pod does not exist" for pod in absent]
    return "".join(f"; {line}" for line in lines)


def _held_back(pod: PodView) -> str:
    if pod.deleting:
        return "the pod is still ending"
    if pod.waiting:
        return pod.waiting
    # An image is being pulled as long as a registry does not answer, and that gives no other reason.
    waiting = [container for container in pod.containers if container.waiting_reason]
    return f"container {waiting[0].name} {waiting[0].waiting_reason}" if waiting else ""


def unsettled_workloads(api: KubernetesApi, settings: Settings) -> tuple[str, ...]:
    """Name each workload whose pods are not all of its newest template and ready.

    In the gap between two pods of a rolling update every member may be ONLINE.
    """
    found = {
        f"StatefulSet {settings.names.cluster}": api.read_servers(settings.names),
        f"Deployment {settings.names.router}": api.read_routers(settings.names),
    }
    return tuple(_unsettled(name, view) for name, view in found.items() if _unsettled(name, view))


def read_rollout(api: KubernetesApi, settings: Settings) -> ServerRollout | None:
    """Read the template that the server pods should be of, and then the pods; None without a StatefulSet.

    In this order a pod may only look older than it is, and its end is tied to its uid.
    """
    servers = api.read_servers(settings.names)
    if servers is None:
        return None
    revision = servers.update_revision if servers.is_observed else ""
    return ServerRollout(revision, api.list_pods(settings.names, "server"))


def _unsettled(name: str, view: WorkloadView | None) -> str:
    if view is None:
        return f"{name} does not exist"
    if view.is_settled and view.ready_replicas == view.replicas:
        return ""
    return f"{name} {view.updated_replicas} updated and {view.ready_replicas} ready of {view.replicas}"
