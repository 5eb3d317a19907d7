"""Values that contradict each other are refused, all at once, before anything is changed."""

import pytest

from tests.chart.rendering import merged, nested, refusal, render

REFUSED: list[tuple[dict[str, object], str]] = [
    ({"routerInstances": 2, "router": {"instances": 3}}, "routerInstances is 2 and router.instances is 3"),
    (
        {"credentials": {"existingSecret": "mine", "root": {"password": "x"}}},
        'credentials.existingSecret is "mine" and credentials.root.password is set as well',
    ),
    (nested("credentials.root.host", "localhost"), "root@localhost: this account is taken"),
    (nested("credentials.root.user", "mysqlrouter"), 'credentials.root.user is "mysqlrouter"'),
    (nested("credentials.root.user", "mysql_innodb_cluster_1000"), "the cluster has an account of that name"),
    (nested("credentials.root.password", "line\n"), "credentials.root.password has a line break"),
    (
        {"tls": {"caSecretName": "ca", "certManager": {"issuerRef": {"name": "issuer"}}}},
        "tls.certManager.issuerRef is set together with tls.caSecretName",
    ),
    (
        nested("tls.caSecretName", "ca"),
        "tls.caSecretName: set, but not tls.serverCertAndPKsecretName, tls.routerCertAndPKsecretName",
    ),
    (
        {"topology": {"mode": "multi-primary", "primary": "mysql-0"}},
        'topology.primary is "mysql-0" and topology.mode is multi-primary',
    ),
    (nested("topology.primary", "mysql-3"), "none of the 3 servers: mysql-0, mysql-1, mysql-2"),
    (nested("topology.primary", "mysql"), 'topology.primary is "mysql"'),
    ({"snapshots": {"class": {"create": True}}}, "snapshots.class.driver is empty"),
    (
        nested("snapshots.declared", [{"name": "one", "ordinal": 0}, {"name": "one", "ordinal": 1}]),
        'snapshots.declared has "one" more than once',
    ),
]
"""Values, and what the message must say about them."""


@pytest.mark.parametrize(("values", "expected"), REFUSED, ids=[expected for _, expected in REFUSED])
def test_a_contradiction_is_refused_by_the_names_of_its_values(
    values: dict[str, object], expected: str
) -> None:
    """And says what to do."""
    assert expected in refusal(values)


def test_all_contradictions_are_in_one_message() -> None:
    """Nobody should have to type helm install thirteen times."""
    cases = [REFUSED[index] for index in (0, 1, 3, 6, 8, 11)]
    message = refusal(merged(*[values for values, _ in cases]))
    assert [expected for _, expected in cases if expected not in message] == []
    assert [f"  {number}. " in message for number in range(1, 8)] == [True] * 6 + ["  7. " in message]


def test_no_message_shows_a_password() -> None:
    """Error messages end in logs."""
    message = refusal(
        {
            "credentials": {"existingSecret": "mine", "root": {"password": "open sesame\n"}},
            "routerInstances": 2,
        }
    )
    assert "open sesame" not in message


@pytest.mark.parametrize(
    "values",
    [
        {"routerInstances": 2, "router": {"instances": 2}},
        {"router": {"instances": 4}},
        {"routerInstances": 4, "router": {"instances": None}},
        {"topology": {"mode": "single-primary", "primary": "mysql-2"}},
        nested("credentials.root", {"user": "admin", "host": "localhost"}),
        {"restore": {"safetySnapshot": False}},
        {"global": {"anything": {"goes": 1}}},
    ],
)
def test_values_that_fit_together_are_accepted(values: dict[str, object]) -> None:
    """A rule that refuses too much is as bad as none."""
    assert render(values).objects


@pytest.mark.parametrize(
    ("values", "routers"),
    [({}, 1), ({"routerInstances": 2}, 2), ({"router": {"instances": 3}}, 3)],
)
def test_both_names_of_the_number_of_routers_work(values: dict[str, object], routers: int) -> None:
    """The alias is Oracle's."""
    assert render(values).get("Deployment", "mysql-router")["spec"]["replicas"] == routers
