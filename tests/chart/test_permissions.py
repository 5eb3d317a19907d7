"""The Roles grant every verb that the code uses, and none besides."""

import pytest

from innodb_cluster.effects.kubernetes.permissions import Actor, Rule, rules
from innodb_cluster.model.settings import parse_settings
from tests.chart.rendering import Manifest, identity, render

ROLES = {Actor.PREPARE: "mysql-prepare", Actor.AGENT: "mysql-server", Actor.CONVERGE: "mysql-converge"}
SCHEDULE = {"snapshots": {"schedule": "0 3 * * *"}}

Grant = tuple[str, str, str, str]
"""API group, resource, verb, name; "*" stands for every name."""

RELEASES: dict[str, dict[str, object]] = {
    "defaults": {},
    "a restore": {"restore": {"snapshotName": "before"}},
    "existing Secrets": {
        "credentials": {"existingSecret": "account"},
        "tls": {"caSecretName": "ca", "serverCertAndPKsecretName": "a", "routerCertAndPKsecretName": "b"},
    },
}


def granted(manifest: Manifest, role: str) -> set[Grant]:
    """What a rendered Role grants."""
    return {
        (group, resource, verb, name)
        for rule in manifest.get("Role", role)["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", ["*"])
    }


def used(rule: Rule) -> set[Grant]:
    """What one rule of the code's table needs."""
    return {
        (rule.resource.group, rule.resource.plural, verb, name)
        for verb in rule.verbs
        for name in rule.names or {"*"}
    }


@pytest.mark.parametrize("actor", ROLES)
@pytest.mark.parametrize("release", RELEASES)
def test_a_role_grants_what_the_code_uses_and_nothing_else(actor: Actor, release: str) -> None:
    """Compared with the table that every call goes through."""
    manifest = render(RELEASES[release])
    settings = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    needed = {grant for rule in rules(actor, settings) for grant in used(rule)}
    assert granted(manifest, ROLES[actor]) == needed


def test_the_schedule_has_a_role_of_its_own() -> None:
    """Only where there is a schedule, and it alone may delete snapshots."""
    manifest = render(SCHEDULE)
    settings = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    needed = {grant for rule in rules(Actor.SNAPSHOT, settings) for grant in used(rule)}
    assert granted(manifest, "mysql-snapshot") == needed
    assert "mysql-snapshot" not in {role["metadata"]["name"] for role in render().kinds("Role")}
    group = "snapshot.storage.k8s.io"
    for role in ROLES.values():
        assert (group, "volumesnapshots", "delete", "*") not in granted(manifest, role)


def test_the_renewal_may_replace_what_is_in_three_secrets() -> None:
    """Nothing else, and it can make none."""
    manifest = render()
    settings = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    needed = {grant for rule in rules(Actor.RENEW, settings) for grant in used(rule)}
    assert granted(manifest, "mysql-renew") == needed
    assert {(verb, name) for _, _, verb, name in needed} == {
        (verb, name) for verb in ("get", "patch") for name in ("mysql-ca", "mysql-tls", "mysql-router-tls")
    }


@pytest.mark.parametrize("role", [*ROLES.values(), "mysql-renew"])
def test_a_role_is_bound_to_the_service_account_of_the_same_name(role: str) -> None:
    """In the release's own namespace."""
    binding = render(namespace="shop").get("RoleBinding", role)
    assert binding["roleRef"]["name"] == role
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": role, "namespace": "shop"}]


def test_nothing_is_granted_outside_the_namespace() -> None:
    """Neither a ClusterRole nor a binding to one."""
    manifest = render()
    cluster_wide = [
        identity(o) for o in manifest.objects if o["kind"] in {"ClusterRole", "ClusterRoleBinding"}
    ]
    assert cluster_wide == []
    assert {binding["roleRef"]["kind"] for binding in manifest.kinds("RoleBinding")} == {"Role"}


def test_secrets_are_granted_by_name() -> None:
    """Only `create` can't be limited to names; nobody lists them."""
    manifest = render()
    for role in ROLES.values():
        unlimited = {g[2] for g in granted(manifest, role) if g[1] == "secrets" and g[3] == "*"}
        assert unlimited <= {"create"}


def test_the_agents_can_read_no_secret() -> None:
    """What they need is mounted."""
    assert not [grant for grant in granted(render(), "mysql-server") if grant[1] == "secrets"]
