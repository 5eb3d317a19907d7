"""One `helm install` gives a healthy cluster."""

import ssl
import urllib.request
from base64 import b64encode

import pytest

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually, kubectl

PORTS = ("mysql", "mysql-rw", "mysql-ro", "mysql-rw-split")


def test_every_server_is_two_of_two_when_helm_returns(shared: Release) -> None:
    """No waiting afterwards."""
    for pod in shared.pods("server"):
        statuses = {status["name"]: status["ready"] for status in pod["status"]["containerStatuses"]}
        assert statuses == {"mysql": True, "agent": True}, pod["metadata"]["name"]


def test_status_has_the_shape_of_mysql_shells(shared: Release) -> None:
    """Scripts made for `cluster.status()` read it."""
    code, document = shared.status()
    assert code == 0
    replica_set = document["defaultReplicaSet"]
    assert set(document) >= {"clusterName", "defaultReplicaSet", "groupInformationSourceMember"}
    assert set(replica_set) >= {"name", "primary", "ssl", "status", "statusText", "topology", "topologyMode"}
    assert replica_set["status"] == "OK"
    assert replica_set["topologyMode"] == "Single-Primary"
    assert set(replica_set["topology"]) == {
        f"mysql-{ordinal}.mysql-instances.e2e.svc.cluster.local:3306" for ordinal in range(3)
    }
    for member in replica_set["topology"].values():
        assert set(member) >= {
            "address",
            "memberRole",
            "mode",
            "readReplicas",
            "replicationLag",
            "role",
            "status",
            "version",
        }
        assert member["status"] == "ONLINE"


def test_a_write_through_3306_is_read_through_every_port(shared: Release) -> None:
    """3306, 6446, 6447 and 6450 of the Service lead to the same data."""
    shared.query("CREATE DATABASE IF NOT EXISTS app")
    shared.query("CREATE TABLE IF NOT EXISTS app.t (id INT PRIMARY KEY, v VARCHAR(20))")
    shared.query("REPLACE INTO app.t VALUES (1, 'hello')")
    for port in PORTS:
        eventually(
            lambda port=port: shared.query("SELECT v FROM app.t WHERE id = 1", port) == [("hello",)],
            f"row through {port}",
        )


def test_read_only_port_leads_to_secondaries_and_read_write_to_the_primary(shared: Release) -> None:
    """The routers know the roles."""
    _, document = shared.status()
    primary = document["defaultReplicaSet"]["primary"].partition(":")[0]
    assert shared.query("SELECT @@report_host")[0][0] == primary
    hosts = {shared.query("SELECT @@report_host", "mysql-ro")[0][0] for _ in range(4)}
    assert primary not in hosts
    assert len(hosts) == 2


def test_helm_test_passes_and_prints_the_status(shared: Release) -> None:
    """The second command that a user types."""
    printed = shared.test()
    assert "Succeeded" in printed
    assert '"OK"' in printed or "OK" in printed


def test_role_labels_follow_the_group(shared: Release) -> None:
    """One primary, two secondaries, on the pods."""

    def roles() -> list[str]:
        pods = shared.pods("server")
        return sorted(pod["metadata"]["labels"].get("innodb-cluster.mysql/role", "") for pod in pods)

    eventually(lambda: roles() == ["primary", "secondary", "secondary"], "one primary, two secondaries")


def test_secrets_have_the_keys_of_the_contract(shared: Release) -> None:
    """Names and keys are what other tools rely on."""
    assert set(shared.secret("mysql-credentials")) == {"rootUser", "rootHost", "rootPassword"}
    for name in ("mysql-ca", "mysql-tls", "mysql-router-tls"):
        assert set(shared.secret(name)) == {"ca.crt", "tls.crt", "tls.key"}


def test_servers_spread_over_the_nodes(shared: Release) -> None:
    """Three members, three nodes."""
    assert len({pod["spec"]["nodeName"] for pod in shared.pods("server")}) == 3


def test_the_metadata_is_what_mysql_shell_would_have_written(shared: Release) -> None:
    """Version 2.4.0, every member and every router has its row."""
    schema = "mysql_innodb_cluster_metadata"
    assert shared.query(f"SELECT * FROM {schema}.schema_version") == [(2, 4, 0)]
    assert len(shared.query(f"SELECT address FROM {schema}.v2_instances")) == 3
    routers = {row[0] for row in shared.query(f"SELECT address FROM {schema}.v2_routers")}
    assert routers == {pod["metadata"]["name"] for pod in shared.pods("router")}


def test_router_rest_answers_over_tls_with_a_name_that_fits(shared: Release) -> None:
    """The certificate is the release's own and names the Service."""
    authority = ssl.create_default_context(cadata=shared.secret("mysql-ca")["ca.crt"])
    authority.check_hostname = False  # a node's address stands for the Service here
    host, port = shared.node_port("router-rest")
    url = f"https://{host}:{port}/api/20190715/routes/rw/health"
    token = b64encode(f"router:{shared.secret('mysql-internal')['restPassword']}".encode()).decode()
    request = urllib.request.Request(url, headers={"Authorization": f"Basic {token}"})
    with urllib.request.urlopen(request, context=authority, timeout=10) as answer:
        assert b'"isAlive"' in answer.read()


def test_every_agent_tells_prometheus_of_its_member(shared: Release) -> None:
    """By the command of docs/operations/metrics.md; one of them speaks for the snapshots."""
    url = f"/api/v1/namespaces/{shared.namespace}/pods/{{}}:8080/proxy/metrics"
    texts = [kubectl("get", "--raw", url.format(pod["metadata"]["name"])) for pod in shared.pods("server")]
    label = 'cluster="mysql",state="ONLINE"'
    assert all(f"innodb_cluster_member_state{{{label}}} 1.0" in text for text in texts)
    assert all(f"innodb_cluster_group_state{{{label}}} 1.0" in text for text in texts)
    assert sum('role="PRIMARY"} 1.0' in text for text in texts) == 1
    assert sum("\ninnodb_cluster_snapshots{" in text for text in texts) == 1


def test_an_upgrade_with_unchanged_values_changes_nothing(shared: Release) -> None:
    """No restart, and nothing is written but the routers' own check-ins; the identity in the record stays."""
    accounts = "SELECT user, host, authentication_string, password_last_changed FROM mysql.user ORDER BY 1, 2"
    tables = ", ".join(f"mysql_innodb_cluster_metadata.{name}" for name in ("clusters", "instances"))

    def state() -> tuple[object, ...]:
        record = shared.get("configmap", "mysql-state")["data"]
        return record, shared.identities(), shared.query(accounts), shared.query(f"CHECKSUM TABLE {tables}")

    before = state()
    shared.upgrade("--set", "tls.useSelfSigned=true")
    assert state() == before


@pytest.mark.parametrize("component", ["server", "router"])
def test_no_password_is_in_a_log(shared: Release, component: str) -> None:
    """Neither root's nor an internal one."""
    selector = f"app.kubernetes.io/component={component}"
    logs = shared.kubectl("logs", "--selector", selector, "--all-containers", "--tail=-1")
    assert logs
    for secret in ("mysql-credentials", "mysql-internal"):
        for key, value in shared.secret(secret).items():
            if key not in {"rootUser", "rootHost"}:
                assert value not in logs, f"{key} of {secret}"
