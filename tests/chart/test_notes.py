"""What Helm prints in the end: how to connect, and what to think about."""

import pytest

from tests.chart.rendering import notes


def test_the_notes_say_how_to_connect_and_where_the_password_is() -> None:
    """With the names of this release, ready to be copied."""
    text = notes()
    assert "mysql.shop.svc.cluster.local:3306" in text
    assert "kubectl get secret mysql-credentials -n shop -o jsonpath='{.data.rootPassword}'" in text
    assert "kubectl exec -n shop mysql-0 -c agent -- innodb-cluster status --table" in text
    assert "helm test mysql -n shop --logs" in text


def test_the_notes_name_the_secret_that_the_user_brought() -> None:
    """Not one that does not exist."""
    text = notes("credentials.existingSecret=mine")
    assert "kubectl get secret mine " in text
    assert "mysql-credentials" not in text


def test_the_notes_never_show_the_password() -> None:
    """Terminals are recorded."""
    assert "sesame" not in notes("credentials.root.password=sesame")


@pytest.mark.parametrize(
    ("servers", "warning"),
    [
        (1, "one server tolerates no failure"),
        (2, "two servers tolerate no failure"),
        (4, "4 servers tolerate no more failures than 3"),
        (8, "8 servers tolerate no more failures than 7"),
    ],
)
def test_a_number_of_servers_that_is_no_good_is_warned_of(servers: int, warning: str) -> None:
    """They work, but not as somebody may think."""
    assert warning in notes(f"serverInstances={servers}")


def test_without_routers_the_notes_say_that_the_service_leads_nowhere() -> None:
    """And how the servers are reached then."""
    text = notes("routerInstances=0")
    assert "the Service mysql leads nowhere" in text
    assert "mysql-0.mysql-instances.shop.svc.cluster.local:3306" in text
    assert "leads nowhere" not in notes()


@pytest.mark.parametrize("servers", [3, 5])
def test_a_good_number_of_servers_is_not_warned_of(servers: int) -> None:
    """A warning that always comes is not read."""
    assert "WARNING" not in notes(f"serverInstances={servers}")
