"""Says what Kubernetes holds against the pods, while they are waited for and when waiting ends."""

from contextlib import suppress

from innodb_cluster.decide.obstacles import obstacles
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.pods import ServerRollout, WarningView, WorkloadView
from innodb_cluster.model.settings import Settings


def describe_obstacles(api: KubernetesApi, settings: Settings) -> str:
    """Give ``; <pod>: <why it does not start>`` for each pod that Kubernetes holds back.

    Images that cannot be pulled, volumes that cannot be made or mounted, missing Secrets
    and pods that a quota or an admission check refuses show here.
    """
    try:
        pods = api.list_pods(settings.names, "server") + api.list_pods(settings.names, "router")
    except InnodbClusterError as error:
        return f"; and {error.reason}"
    warnings: tuple[WarningView, ...] = ()
    # A Role of somebody's own may not allow it, and the pods tell most.
    with suppress(InnodbClusterError):
        warnings = api.list_warnings()
    return "".join(f"; {line}" for line in obstacles(settings, pods, warnings))


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
