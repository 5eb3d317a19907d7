"""Labels of the chart's pods and of the objects that the hooks make."""

from innodb_cluster.model.names import Names

APP = "mysql-innodb-cluster"
NAME_LABEL = "app.kubernetes.io/name"
COMPONENT_LABEL = "app.kubernetes.io/component"
CLUSTER_LABEL = "innodb-cluster.mysql/cluster"


def selector(names: Names, component: str) -> dict[str, str]:
    """Select one cluster's pods of a component (``server``, ``router``).

    By the cluster's own label: the release's may differ (``fullnameOverride``), and a
    long Deployment's pods have its name cut short.
    """
    return {NAME_LABEL: APP, COMPONENT_LABEL: component, CLUSTER_LABEL: names.cluster}


def owned(names: Names) -> dict[str, str]:
    """Give the labels of what the hooks make; not Helm's, so that it outlives the release."""
    return {NAME_LABEL: APP, "app.kubernetes.io/managed-by": "innodb-cluster", CLUSTER_LABEL: names.cluster}
