"""Hooks run in the order of a table, once, and leave their reasons behind."""

import json

import pytest

from innodb_cluster.model.settings import LostQuorum, TlsMode, TopologyMode, parse_settings
from tests.chart.rendering import Object, hook, identity, nested, render

BEFORE = "pre-install,pre-upgrade,pre-rollback"
AFTER = "post-install,post-upgrade,post-rollback"

TABLE = {
    "ServiceAccount/mysql-prepare": (BEFORE, -10),
    "Role/mysql-prepare": (BEFORE, -9),
    "RoleBinding/mysql-prepare": (BEFORE, -8),
    "Secret/mysql-root-input": (BEFORE, -7),
    "Job/mysql-prepare": ("pre-install,pre-upgrade", 0),
    "Job/mysql-rollback": ("pre-rollback", 0),
    "Job/mysql-converge": (AFTER, 0),
    "Pod/mysql-test": ("test", 0),
}
"""Every hook. A new one costs each install seconds, so it is entered here on purpose."""


def annotations(candidate: Object) -> dict[str, str]:
    """Annotations of an object."""
    return dict(candidate["metadata"].get("annotations") or {})


def test_hooks_are_those_of_the_table_with_its_events_and_weights() -> None:
    """Permissions come before the Job that needs them."""
    found = {
        identity(candidate): (hook(candidate), int(annotations(candidate)["helm.sh/hook-weight"]))
        for candidate in render().objects
        if hook(candidate)
    }
    assert found == TABLE


def test_every_hook_replaces_its_predecessor() -> None:
    """Without it the second upgrade would fail with "already exists"."""
    for candidate in render().objects:
        if hook(candidate):
            policy = annotations(candidate)["helm.sh/hook-delete-policy"].split(",")
            assert "before-hook-creation" in policy, identity(candidate)


def test_the_secret_with_the_password_does_not_outlive_the_hook() -> None:
    """Whether it succeeded or not."""
    policy = annotations(render().get("Secret", "mysql-root-input"))["helm.sh/hook-delete-policy"]
    assert {"hook-succeeded", "hook-failed"} <= set(policy.split(","))


def test_no_job_deletes_itself() -> None:
    """Helm would wait for a Job that is gone."""
    assert "ttlSecondsAfterFinished" not in render().text


@pytest.mark.parametrize("job", ["prepare", "converge"])
def test_a_failed_job_shows_its_log(job: str) -> None:
    """Helm prints it to whoever typed the command."""
    assert annotations(render().get("Job", f"mysql-{job}"))["helm.sh/hook-output-log-policy"] == "hook-failed"


@pytest.mark.parametrize("job", ["prepare", "converge"])
def test_a_job_fails_at_once_when_trying_again_is_useless(job: str) -> None:
    """64 is a wrong configuration, 65 a refusal, 69 the end of its time; everything else is tried again."""
    spec = render().get("Job", f"mysql-{job}")["spec"]
    fail = [rule for rule in spec["podFailurePolicy"]["rules"] if rule["action"] == "FailJob"]
    assert fail[0]["onExitCodes"] == {"containerName": job, "operator": "In", "values": [64, 65]}
    assert fail[1]["onExitCodes"] == {"containerName": job, "operator": "In", "values": [69]}
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert [container["name"] for container in spec["template"]["spec"]["containers"]] == [job]
    assert spec["backoffLimit"] >= 20


@pytest.mark.parametrize("job", ["prepare", "converge"])
def test_a_job_gives_up_before_kubernetes_does_and_kubernetes_before_helm(job: str) -> None:
    """Whoever gives up first is the only one that can say why; Helm waits 300 seconds."""
    manifest = render()
    deadline = manifest.get("Job", f"mysql-{job}")["spec"]["activeDeadlineSeconds"]
    command = settings_of(manifest.get("Job", f"mysql-{job}"))["jobDeadlineSeconds"]
    assert command < deadline < 300


@pytest.mark.parametrize("job", ["prepare", "converge"])
def test_timeouts_install_moves_both_deadlines(job: str) -> None:
    """Larger data needs longer."""
    found = render(nested("timeouts.install", 900)).get("Job", f"mysql-{job}")
    assert (found["spec"]["activeDeadlineSeconds"], settings_of(found)["jobDeadlineSeconds"]) == (900, 880)


def test_a_rollback_is_prepared_like_an_upgrade_and_told_apart() -> None:
    """Nobody can give a rollback other values, so it takes a smaller size of the volumes."""
    manifest = render()
    specs = [manifest.get("Job", name)["spec"] for name in ("mysql-prepare", "mysql-rollback")]
    commands = [spec["template"]["spec"]["containers"][0].pop("command") for spec in specs]
    assert commands == [
        ["innodb-cluster", "job", "prepare"],
        ["innodb-cluster", "job", "prepare", "--rollback"],
    ]
    assert specs[0] == specs[1]


def test_mysqld_looks_at_an_option_file_before_anything_is_changed() -> None:
    """In the server's own image; an installation without options pays nothing for it."""
    assert "initContainers" not in render().get("Job", "mysql-prepare")["spec"]["template"]["spec"]
    manifest = render(
        {**nested("serverConfig.mycnf", "max_connections=9"), **nested("images.server.tag", "x")}
    )
    spec = manifest.get("Job", "mysql-prepare")["spec"]["template"]["spec"]
    assert [container["name"] for container in spec["initContainers"]] == ["option-file"]
    assert [container["name"] for container in spec["containers"]] == ["prepare", "validate"]
    assert spec["containers"][1]["image"].endswith(":x")
    assert "--validate-config" in spec["containers"][1]["command"][-1]
    assert hook(manifest.get("ConfigMap", "mysql-mycnf-input")) == BEFORE


def test_the_test_is_a_pod() -> None:
    """`helm test --logs` prints logs of Pods alone."""
    manifest = render()
    assert [identity(candidate) for candidate in manifest.objects if hook(candidate) == "test"] == [
        "Pod/mysql-test"
    ]
    assert manifest.get("Pod", "mysql-test")["spec"]["containers"][0]["command"] == [
        "innodb-cluster",
        "verify",
    ]


def settings_of(job: Object) -> dict[str, object]:
    """The settings document in a hook's environment, as Kubernetes hands it to the container."""
    env = job["spec"]["template"]["spec"]["containers"][0]["env"]
    text = next(entry["value"] for entry in env if entry["name"] == "INNODB_CLUSTER_SETTINGS")
    return dict(json.loads(text.replace("$$(", "$(")))


def test_hooks_and_agents_are_told_the_same() -> None:
    """One document, in a ConfigMap and in the environment."""
    manifest = render()
    in_map = json.loads(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    for job in ("prepare", "converge"):
        assert settings_of(manifest.get("Job", f"mysql-{job}")) == in_map


def test_a_mode_that_is_not_named_is_left_to_the_group() -> None:
    """Single-primary when there is none yet."""
    manifest = render({"topology": {"mode": "", "allowForeignKeyCascades": True}})
    settings = parse_settings(manifest.get("ConfigMap", "mysql-settings")["data"]["settings.json"])
    assert settings.topology_mode is TopologyMode.SINGLE_PRIMARY
    assert not settings.topology_mode_is_asked
    assert settings.allow_foreign_key_cascades


def test_the_settings_document_says_what_the_values_say() -> None:
    """Read by the code that the hooks read it with."""
    values = {
        "serverInstances": 5,
        "router": {"instances": 2},
        "baseServerId": 4294967286,
        "topology": {"mode": "single-primary", "primary": "db-4"},
        "fullnameOverride": "db",
        "clusterDomain": "example.internal",
        "credentials": {"root": {"user": "$(HOME)", "host": "%"}},
        "tls": {"extraHostNames": ["db.example.com"]},
        "recovery": {"lostQuorum": "automatic", "lostQuorumSeconds": 900, "hungSeconds": 0},
    }
    manifest = render(values, namespace="shop")
    settings = parse_settings(manifest.get("ConfigMap", "db-settings")["data"]["settings.json"])
    assert settings.pods == ("db-0", "db-1", "db-2", "db-3", "db-4")
    assert settings.names.address("db-0") == "db-0.db-instances.shop.svc.example.internal:3306"
    assert settings.router_instances == 2
    assert settings.server_id("db-4") == 4294967290
    assert settings.topology_mode is TopologyMode.SINGLE_PRIMARY
    assert settings.topology_mode_is_asked
    assert not settings.allow_foreign_key_cascades
    assert settings.topology_primary == "db-4"
    assert (settings.root_user, settings.root_host) == ("$(HOME)", "%")
    assert settings.root_secret == "db-credentials"
    assert not settings.root_secret_is_external
    assert settings.tls.mode is TlsMode.SELF_SIGNED
    assert settings.extra_host_names == ("db.example.com",)
    assert (settings.lost_quorum, settings.lost_quorum_seconds) == (LostQuorum.AUTOMATIC, 900)
    assert settings.hung_seconds == 0
    assert settings_of(manifest.get("Job", "db-converge"))["rootUser"] == "$(HOME)"
