"""Names of objects are a promise: users, scripts and backups know them."""

import re

import pytest

from innodb_cluster.model.names import Names
from tests.chart.rendering import Manifest, identity, nested, refusal, render

LONGEST = "a" * 52


def volume_names(manifest: Manifest, kind: str, name: str) -> set[str]:
    """Names of all Secrets that the pods of an object mount."""
    spec = manifest.get(kind, name)["spec"]["template"]["spec"]
    text = str(spec["volumes"])
    return set(re.findall(r"'(?:secretName|name)': '([^']+)'", text))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("StatefulSet", "mysql"),
        ("Service", "mysql-instances"),
        ("Deployment", "mysql-router"),
        ("Service", "mysql"),
    ],
)
def test_objects_have_the_names_that_the_contract_gives_them(kind: str, name: str) -> None:
    """For a release called mysql."""
    assert render().get(kind, name)


def test_servers_are_pods_of_two_containers_called_mysql_and_agent() -> None:
    """`kubectl exec mysql-0 -c agent` is in the contract."""
    spec = render().get("StatefulSet", "mysql")["spec"]["template"]["spec"]
    assert [container["name"] for container in spec["containers"]] == ["mysql", "agent"]
    assert "initContainers" not in spec


def test_data_volumes_are_called_data_and_the_pod() -> None:
    """The claim of mysql-0 is data-mysql-0."""
    claims = render().get("StatefulSet", "mysql")["spec"]["volumeClaimTemplates"]
    assert [claim["metadata"]["name"] for claim in claims] == ["data"]


def test_servers_mount_the_secrets_of_the_contract() -> None:
    """Certificates and internal passwords."""
    assert {"mysql-ca", "mysql-tls", "mysql-internal"} <= volume_names(render(), "StatefulSet", "mysql")


def test_routers_mount_the_secrets_of_the_contract() -> None:
    """The routers have a certificate of their own."""
    assert {"mysql-ca", "mysql-router-tls", "mysql-internal"} <= volume_names(
        render(), "Deployment", "mysql-router"
    )


def test_names_are_those_that_the_hooks_derive() -> None:
    """One name, two places: templates/_names.tpl and model/names.py."""
    names = Names("mysql", "mysql")
    manifest = render()
    assert manifest.get("Service", names.instances_service)
    assert manifest.get("Deployment", names.router)
    assert manifest.get("ConfigMap", names.settings)
    assert manifest.get("ConfigMap", names.mycnf)
    rules = str(manifest.get("Role", "mysql-server")["rules"])
    assert names.state in rules
    assert names.bootstrap_lease in rules
    assert names.internal_secret in str(manifest.get("StatefulSet", "mysql"))
    service = manifest.get("StatefulSet", "mysql")["spec"]["serviceName"]
    assert manifest.get("CronJob", names.renew)
    assert render(release=LONGEST).get("CronJob", Names(LONGEST, "mysql").renew)
    assert names.host("mysql-0") == f"mysql-0.{service}.mysql.svc.cluster.local"


def test_fullname_override_replaces_the_release_name_everywhere() -> None:
    """No object of the release keeps the old name."""
    manifest = render({"fullnameOverride": "db"}, release="shop")
    names = [candidate["metadata"]["name"] for candidate in manifest.objects]
    assert [name for name in names if name != "db" and not name.startswith("db-")] == []


def test_two_releases_in_a_namespace_share_no_object() -> None:
    """Both are installed side by side, and neither's selectors match the other's pods."""
    one, two = render(release="one"), render(release="two")
    assert set(map(identity, one.objects)) & set(map(identity, two.objects)) == set()
    assert (
        one.get("Service", "one-instances")["spec"]["selector"]
        != two.get("Service", "two-instances")["spec"]["selector"]
    )


def test_every_object_is_in_the_namespace_of_the_release() -> None:
    """Written out, so that `helm template | kubectl apply` puts it there too."""
    manifest = render(namespace="shop")
    assert {candidate["metadata"]["namespace"] for candidate in manifest.objects} == {"shop"}


def test_cluster_domain_is_told_to_the_pods() -> None:
    """Members report their host names with it."""
    manifest = render({"clusterDomain": "example.internal"})
    spec = manifest.get("StatefulSet", "mysql")["spec"]["template"]["spec"]
    (agent,) = [c for c in spec["containers"] if c["name"] == "agent"]
    assert {"name": "INNODB_CLUSTER_DOMAIN", "value": "example.internal"} in agent["env"]


@pytest.mark.parametrize("source", ["release", "fullnameOverride"])
def test_the_longest_possible_name_gives_valid_names(source: str) -> None:
    """Job names and pod labels have 63 characters, of which a StatefulSet's hash needs 11."""
    manifest = render(release=LONGEST) if source == "release" else render({source: LONGEST})
    limits = {"Service": 63, "Job": 63, "StatefulSet": 52, "CronJob": 52}
    for candidate in manifest.objects:
        assert len(candidate["metadata"]["name"]) <= limits.get(candidate["kind"], 253), identity(candidate)


def test_a_name_that_is_too_long_is_refused_with_the_reason() -> None:
    """Helm allows 53 characters, a StatefulSet's pods 52."""
    message = refusal(release="a" * 53)
    assert "53 characters, at most 52" in message
    assert "fullnameOverride" in message


@pytest.mark.parametrize("name", ["7up", "my.sql", "Mysql", "mysql-"])
def test_a_name_that_no_service_can_have_is_refused(name: str) -> None:
    """Helm allows more than a DNS label."""
    assert f'fullnameOverride "{name}" can\'t name a Service' in refusal({"fullnameOverride": name})


def test_a_host_name_that_is_too_long_is_refused() -> None:
    """A member's host name is a DNS name, in a certificate, in MySQL's report_host."""
    message = refusal(nested("clusterDomain", "d" * 60 + "." + "e" * 60), release=LONGEST, namespace="n" * 63)
    assert "at most 253" in message
