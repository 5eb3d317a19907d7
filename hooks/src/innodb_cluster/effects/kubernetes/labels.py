"""Labels of the chart's pods and of the objects that the hooks make."""

from innodb_cluster.model.names import Names

APP = "mysql-innodb-cluster"
NAME_LABEL = "app.kubernetes.io/name"
COMPONENT_LABEL = "app.kubernetes.io/component"
CLUSTER_LABEL = "innodb-cluster.mysql/cluster"


def selector(component: str) -> dict[str, str]:
    """Select the pods of a component (``server``, ``router``); of every release in the namespace."""
    return {NAME_LABEL: APP, COMPONENT_LABEL: component}


def owned(names: Names) -> dict[str, str]:
    """Give the labels of what the hooks make; not Helm's, so that it outlives the release."""
    return {NAME_LABEL: APP, "app.kubernetes.io/managed-by": "innodb-cluster", CLUSTER_LABEL: names.cluster}
