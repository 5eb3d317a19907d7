"""Configurations that cannot work, each with its sentence."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.preparation_checks import (
    credential_problems,
    internal_problems,
    settings_problems,
    upgrade_problems,
)
from innodb_cluster.model.credentials import Credentials
from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import TopologyMode
from tests.unit import builders
from tests.unit.prepare.builders import settings


def test_usual_settings_have_no_problems() -> None:
    """Nor has a primary that is one of the pods."""
    assert settings_problems(settings(primary="db-2")) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (settings(primary="db-3"), "topology.primary is db-3, which is none of db-0, db-1, db-2"),
        (
            replace(settings(primary="db-1"), topology_mode=TopologyMode.MULTI_PRIMARY),
            "topology.primary is db-1 and topology.mode is multi-primary",
        ),
        (settings(base_server_id=0), "baseServerId is 0"),
        (settings(base_server_id=2**32 - 5), "leaves no room for 9 servers"),
        (replace(settings(), names=Names("x" * 53, "ns")), "more than 52 characters"),
        (replace(settings(), names=Names("db", "ns", "x" * 245)), "more than 255 characters"),
        (
            replace(settings(), extra_host_names=("db.example.com", "no host")),
            "has no host, which is neither",
        ),
    ],
)
def test_impossible_settings_are_named(wrong: object, said: str) -> None:
    """With the value's name."""
    (problem,) = settings_problems(wrong)  # type: ignore[arg-type]
    assert said in problem


@pytest.mark.parametrize("name", ["db.example.com", "*.example.com", "10.0.0.1", "fd00::1", "LB"])
def test_host_names_and_addresses_are_taken(name: str) -> None:
    """DNS names, wildcards and both kinds of addresses."""
    assert settings_problems(replace(settings(), extra_host_names=(name,))) == ()


def test_internal_passwords_of_a_running_cluster_are_not_made_anew() -> None:
    """Servers know the old ones; a first install, or one after an uninstall, makes them."""
    assert internal_problems(None, None, builders.record()) == ()
    assert internal_problems(None, settings(), builders.record(bootstrapped=False)) == ()
    (problem,) = internal_problems(None, settings(), builders.record())
    assert problem.startswith("Secret db-internal of the running cluster was deleted: put it back")
    assert internal_problems(frozenset(), settings(), builders.record()) == ()


def test_what_members_are_known_by_cannot_change() -> None:
    """Once the cluster exists; before, everything can."""
    before, after = settings(), settings(base_server_id=2000)
    assert upgrade_problems(before, after, builders.record(bootstrapped=False)) == ()
    assert upgrade_problems(None, after, builders.record()) == ()
    (problem,) = upgrade_problems(before, after, builders.record())
    assert problem.startswith("baseServerId is 1000 and cannot become 2000")
    elsewhere = replace(before, names=Names("db", "ns", "other.local"))
    (problem,) = upgrade_problems(before, elsewhere, builders.record())
    assert problem.startswith("clusterDomain is cluster.local and cannot become other.local")


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Credentials("", "%"), "the user is empty"),
        (Credentials("root", ""), "the host is empty"),
        (Credentials("u" * 33, "%"), "more than 32 characters"),
        (Credentials("innodb_cluster_admin", "%"), "is the cluster's own"),
        (Credentials("mysql_innodb_cluster_1000", "%"), "is the cluster's own"),
        (Credentials("mysql.sys", "localhost"), "is the cluster's own"),
        (Credentials("root", "localhost"), "is the agent's own account"),
        (Credentials("root", "%", "x" * 257), "more than 256 bytes"),
        (Credentials("root", "%", "line\n"), "line break"),
    ],
)
def test_impossible_root_accounts_are_named_and_passwords_are_not_shown(
    account: Credentials, said: str
) -> None:
    """The source of the account is said."""
    (problem,) = credential_problems(settings(), None, account)
    assert problem.startswith("credentials.root: ")
    assert said in problem
    assert not account.password or account.password not in problem


def test_a_secret_of_the_user_must_exist_with_its_keys() -> None:
    """And all that is missing is listed."""
    external = settings(external=True)
    (problem,) = credential_problems(external, None, None)
    assert "Secret db-credentials does not exist" in problem
    (problem,) = credential_problems(external, {"rootUser": "root", "rootPassword": ""}, None)
    assert problem == "Secret db-credentials lacks rootHost, rootPassword"
    complete = {"rootUser": "root", "rootHost": "%", "rootPassword": "x"}
    assert credential_problems(external, complete, None) == ()


def test_a_password_does_not_show_in_a_representation() -> None:
    """Dataclasses end up in logs and assertion messages."""
    assert "hidden" not in repr(Credentials("root", "%", "hidden"))
