"""Certificates come from one of three sources, and every pod mounts the right Secrets."""

import json

import pytest

from innodb_cluster.model.certificates import router_host_names, server_host_names
from innodb_cluster.model.settings import parse_settings
from tests.chart.rendering import Manifest, render

OWN = {
    "caSecretName": "ca",
    "serverCertAndPKsecretName": "server-cert",
    "routerCertAndPKsecretName": "router-cert",
}


def settings(manifest: Manifest) -> dict[str, str]:
    """What hooks and agents are told of the certificates."""
    return dict(json.loads(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])["tls"])


def mounted(manifest: Manifest, kind: str, name: str) -> list[tuple[str, list[str]]]:
    """Secrets and files of the volume tls."""
    volumes = manifest.get(kind, name)["spec"]["template"]["spec"]["volumes"]
    sources = next(volume for volume in volumes if volume["name"] == "tls")["projected"]["sources"]
    return [(s["secret"]["name"], [item["path"] for item in s["secret"]["items"]]) for s in sources]


@pytest.mark.parametrize(
    ("tls", "mode", "secrets"),
    [
        ({}, "self-signed", ("mysql-ca", "mysql-tls", "mysql-router-tls")),
        ({"useSelfSigned": True}, "self-signed", ("mysql-ca", "mysql-tls", "mysql-router-tls")),
        ({"useSelfSigned": False}, "own", ("mysql-ca", "mysql-tls", "mysql-router-tls")),
        (OWN, "own", ("ca", "server-cert", "router-cert")),
        ({"useSelfSigned": False, **OWN}, "own", ("ca", "server-cert", "router-cert")),
        ({"useSelfSigned": False, "caSecretName": "ca"}, "own", ("ca", "mysql-tls", "mysql-router-tls")),
        (
            {"certManager": {"issuerRef": {"name": "issuer"}}},
            "cert-manager",
            ("mysql-tls", "mysql-tls", "mysql-router-tls"),
        ),
    ],
)
def test_values_choose_the_source(tls: dict[str, object], mode: str, secrets: tuple[str, str, str]) -> None:
    """cert-manager puts the CA's certificate beside each one that it issues."""
    manifest = render({"tls": tls})
    ca, server, router = secrets
    assert settings(manifest) == {
        "mode": mode,
        "caSecret": ca,
        "serverSecret": server,
        "routerSecret": router,
    }
    for kind, name, own in (("StatefulSet", "mysql", server), ("Deployment", "mysql-router", router)):
        assert mounted(manifest, kind, name) == [(ca, ["ca.crt"]), (own, ["tls.crt", "tls.key"])]


def test_cert_manager_is_asked_for_both_certificates() -> None:
    """Servers by wildcard, because their number changes; routers by the names of the Service."""
    issuer = {"name": "issuer", "kind": "ClusterIssuer"}
    tls = {"certManager": {"issuerRef": issuer}, "extraHostNames": ["mysql.example.com"]}
    manifest = render({"tls": tls})
    server = manifest.get("Certificate", "mysql-tls")["spec"]
    router = manifest.get("Certificate", "mysql-router-tls")["spec"]
    assert server["issuerRef"] == router["issuerRef"] == issuer
    assert "*.mysql-instances.mysql.svc.cluster.local" in server["dnsNames"]
    assert {"mysql", "mysql.mysql.svc.cluster.local", "mysql.example.com"} <= set(router["dnsNames"])


def test_cert_manager_is_asked_for_the_names_that_the_own_ca_certifies() -> None:
    """Clients connect by the same names, whoever signs."""
    manifest = render({"tls": {"certManager": {"issuerRef": {"name": "issuer"}}}})
    document = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    server = set(manifest.get("Certificate", "mysql-tls")["spec"]["dnsNames"])
    router = set(manifest.get("Certificate", "mysql-router-tls")["spec"]["dnsNames"])
    addresses = {"127.0.0.1", "::1"}
    assert server == server_host_names(document.names) - addresses
    assert router == router_host_names(document) - addresses - {document.names.router}


def test_without_cert_manager_none_of_its_objects_is_rendered() -> None:
    """Its kinds may be unknown to the cluster."""
    assert render().kinds("Certificate") == []


def test_own_certificates_are_renewed_by_a_cron_job_that_mounts_nothing() -> None:
    """Weekly; it needs no password and no volume but a temporary one."""
    job = render().get("CronJob", "mysql-renew")["spec"]
    minute, hour, *rest, weekday = job["schedule"].split()
    assert rest == ["*", "*"]
    assert (int(minute) < 60, int(hour) < 24, int(weekday) < 7) == (True, True, True)
    assert job["concurrencyPolicy"] == "Forbid"
    pod = job["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "mysql-renew"
    assert [container["command"] for container in pod["containers"]] == [["innodb-cluster", "job", "renew"]]
    assert [volume["name"] for volume in pod["volumes"]] == ["tmp"]


def test_releases_renew_at_different_times() -> None:
    """A hundred of them in one Kubernetes, installed by one script."""
    schedules = {
        render(release=f"db{number}").get("CronJob", f"db{number}-renew")["spec"]["schedule"]
        for number in range(3)
    }
    assert len(schedules) == 3


@pytest.mark.parametrize(
    "tls", [OWN, {"useSelfSigned": False}, {"certManager": {"issuerRef": {"name": "i"}}}]
)
def test_nobody_renews_what_somebody_else_issues(tls: dict[str, object]) -> None:
    """Neither the CronJob nor its rights are there."""
    names = {(each["kind"], each["metadata"]["name"]) for each in render({"tls": tls}).objects}
    assert not [name for _, name in names if name == "mysql-renew"]
