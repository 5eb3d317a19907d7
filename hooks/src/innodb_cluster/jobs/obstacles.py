"""Says what Kubernetes holds against the pods, for the moment when waiting ends."""

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.errors import InnodbClusterError
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
    lines = [f"{pod.name}: {pod.waiting}" for pod in pods if pod.waiting]
    lines += [f"{pod}: the pod does not exist" for pod in absent]
    return "".join(f"; {line}" for line in lines)
