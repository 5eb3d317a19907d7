"""Ports and types of the Services are a promise to clients."""

import pytest

from tests.chart.rendering import nested, render

PORTS = {
    "mysql": (3306, 6446),
    "mysqlx": (33060, 6448),
    "mysql-rw": (6446, 6446),
    "mysql-ro": (6447, 6447),
    "mysqlx-rw": (6448, 6448),
    "mysqlx-ro": (6449, 6449),
    "mysql-rw-split": (6450, 6450),
    "router-rest": (8443, 8443),
}


def ports(values: dict[str, object]) -> dict[str, tuple[int, int]]:
    """Name, port and the container port behind it, of the client Service."""
    manifest = render(values)
    containers = manifest.get("Deployment", "mysql-router")["spec"]["template"]["spec"]["containers"]
    router = next(container for container in containers if container["name"] == "router")
    named = {port["name"]: port["containerPort"] for port in router["ports"]}
    found = manifest.get("Service", "mysql")["spec"]["ports"]
    return {port["name"]: (port["port"], named[port["targetPort"]]) for port in found}


def test_the_client_service_has_the_ports_of_the_contract() -> None:
    """3306 leads to the primary."""
    assert ports({}) == PORTS


@pytest.mark.parametrize(
    ("default", "classic", "x"),
    [("mysql-rw", 6446, 6448), ("mysql-ro", 6447, 6449), ("mysql-rw-split", 6450, 6448)],
)
def test_default_port_moves_the_two_standard_ports(default: str, classic: int, x: int) -> None:
    """All others stay."""
    expected = {**PORTS, "mysql": (3306, classic), "mysqlx": (33060, x)}
    assert ports(nested("service.defaultPort", default)) == expected


def test_the_client_service_is_of_type_nodeport_and_kubernetes_chooses_the_ports() -> None:
    """So that two releases never collide."""
    spec = render().get("Service", "mysql")["spec"]
    assert spec["type"] == "NodePort"
    assert not [port for port in spec["ports"] if "nodePort" in port]


def test_node_ports_can_be_chosen() -> None:
    """One by one."""
    spec = render(nested("service.nodePorts.mysql-ro", 31447)).get("Service", "mysql")["spec"]
    assert {port["name"]: port["nodePort"] for port in spec["ports"] if "nodePort" in port} == {
        "mysql-ro": 31447
    }


def test_a_cluster_ip_service_has_no_node_ports() -> None:
    """Kubernetes would refuse them."""
    values = {
        "service": {"type": "ClusterIP", "nodePorts": {"mysql": 31006}, "externalTrafficPolicy": "Local"}
    }
    spec = render(values).get("Service", "mysql")["spec"]
    assert "nodePort" not in str(spec)
    assert "externalTrafficPolicy" not in spec


def test_labels_and_annotations_of_the_client_service_are_added() -> None:
    """For load balancers and DNS."""
    values = {"service": {"labels": {"a": "b"}, "annotations": {"c": "d"}}}
    metadata = render(values).get("Service", "mysql")["metadata"]
    assert metadata["labels"]["a"] == "b"
    assert metadata["annotations"] == {"c": "d"}


def test_the_headless_service_shows_members_before_they_are_ready() -> None:
    """They find each other by it."""
    spec = render().get("Service", "mysql-instances")["spec"]
    assert spec["clusterIP"] == "None"
    assert spec["publishNotReadyAddresses"] is True
    assert [port["port"] for port in spec["ports"]] == [3306, 33060, 33061]


@pytest.mark.parametrize(("routers", "budgets"), [(1, ["mysql"]), (2, ["mysql", "mysql-router"])])
def test_a_budget_never_keeps_a_node_from_being_drained_for_good(routers: int, budgets: list[str]) -> None:
    """One router may go: there is nothing to protect it with."""
    found = render({"routerInstances": routers}).kinds("PodDisruptionBudget")
    assert sorted(budget["metadata"]["name"] for budget in found) == budgets
    assert {budget["spec"]["maxUnavailable"] for budget in found} == {1}
