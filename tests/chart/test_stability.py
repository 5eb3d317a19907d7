"""What changes by SQL must not change a pod template: a changed template restarts members."""

import pytest

from tests.chart.rendering import Object, nested, render

UNCHANGED: list[dict[str, object]] = [
    {"serverInstances": 5},
    {"serverInstances": 1},
    {"routerInstances": 4},
    {"router": {"instances": 4}},
    nested("topology.mode", "multi-primary"),
    nested("topology.primary", "mysql-1"),
    nested("credentials.root.password", "changed"),
    nested("credentials.existingSecret", "mine"),
    nested("service.type", "ClusterIP"),
    nested("service.defaultPort", "mysql-rw-split"),
    nested("timeouts.install", 900),
    nested("tls.extraHostNames", ["mysql.example.com"]),
    nested("serverConfig.mycnf", "long_query_time=1"),
    nested("snapshots.declared", [{"name": "one", "ordinal": 0}]),
    {"server": {"podDisruptionBudget": {"enabled": False}}},
]


def template(values: dict[str, object], kind: str, name: str) -> Object:
    """Pod template of an object."""
    return dict(render(values).get(kind, name)["spec"]["template"])


@pytest.mark.parametrize("values", UNCHANGED, ids=str)
def test_a_change_that_sql_can_make_restarts_no_server(values: dict[str, object]) -> None:
    """Scaling, switching over, changing the mode or the password."""
    assert template(values, "StatefulSet", "mysql") == template({}, "StatefulSet", "mysql")


@pytest.mark.parametrize("values", UNCHANGED, ids=str)
def test_a_change_that_sql_can_make_restarts_no_router(values: dict[str, object]) -> None:
    """Clients would lose their connections."""
    assert template(values, "Deployment", "mysql-router") == template({}, "Deployment", "mysql-router")


@pytest.mark.parametrize("values", UNCHANGED, ids=str)
def test_no_change_touches_what_kubernetes_lets_nobody_change(values: dict[str, object]) -> None:
    """Of a StatefulSet only a few fields can be changed."""
    mutable = {"replicas", "template", "updateStrategy"}
    before, after = (render(v).get("StatefulSet", "mysql")["spec"] for v in ({}, values))
    assert {k: v for k, v in after.items() if k not in mutable} == {
        k: v for k, v in before.items() if k not in mutable
    }


def test_rendering_twice_gives_the_same() -> None:
    """No random number, no look into the cluster: Argo CD and `helm template | kubectl apply` work."""
    first = render({"credentials": {"root": {"password": "x"}}})
    second = render({"credentials": {"root": {"password": "x"}, "existingSecret": ""}})
    assert first.text == second.text


def test_the_converge_hook_alone_replaces_pods_where_there_is_an_order_to_keep() -> None:
    """A single server is Kubernetes' own: nothing waits for a router that cannot be ready."""
    strategies = {
        count: render({"serverInstances": count}).get("StatefulSet", "mysql")["spec"]["updateStrategy"]
        for count in (1, 3)
    }
    assert strategies == {
        1: {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        3: {"type": "OnDelete"},
    }
