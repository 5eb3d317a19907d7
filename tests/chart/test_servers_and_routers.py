"""What the pods are made of: images, resources, placement, storage, the option file."""

from hashlib import sha256

import pytest

from innodb_cluster.decide.server_options import SECTION_LINES, split_marker
from innodb_cluster.effects.files.paths import Paths
from tests.chart.rendering import CHART, Object, chart_yaml, nested, render

HEAD = "\n".join(SECTION_LINES) + "\n"
SERVER = ("StatefulSet", "mysql")
ROUTER = ("Deployment", "mysql-router")


def spec(values: dict[str, object], workload: tuple[str, str]) -> Object:
    """Pod spec of a workload."""
    return dict(render(values).get(*workload)["spec"]["template"]["spec"])


def container(values: dict[str, object], workload: tuple[str, str], name: str) -> Object:
    """A container of a workload."""
    found = spec(values, workload)
    return dict(next(c for c in found.get("initContainers", []) + found["containers"] if c["name"] == name))


def test_default_images_are_the_versions_of_the_chart() -> None:
    """MySQL by appVersion, hooks by the chart's own version."""
    chart = chart_yaml("Chart.yaml")
    assert container({}, SERVER, "mysql")["image"].endswith(f"/mysql/community-server:{chart['appVersion']}")
    assert container({}, ROUTER, "router")["image"].endswith(f"/mysql/community-router:{chart['appVersion']}")
    assert (
        container({}, SERVER, "agent")["image"] == f"localhost/mysql-innodb-cluster/hooks:{chart['version']}"
    )


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ({"registry": "", "repository": "db"}, "db:9.7.4"),
        ({"registry": "r:5000", "repository": "a/b", "tag": "t"}, "r:5000/a/b:t"),
        ({"registry": "r", "repository": "b", "digest": "sha256:" + "0" * 64}, "r/b@sha256:" + "0" * 64),
        (
            {"registry": "r", "repository": "b", "tag": "t", "digest": "sha256:" + "0" * 64},
            "r/b@sha256:" + "0" * 64,
        ),
    ],
)
def test_every_part_of_an_image_reference_can_be_set(image: dict[str, str], expected: str) -> None:
    """For mirrors and pinned digests."""
    assert container(nested("images.server", image), SERVER, "mysql")["image"] == expected


def test_all_containers_of_a_kind_use_one_image() -> None:
    """Init containers included."""
    values = {"images": {name: {"registry": name} for name in ("server", "router", "hooks")}}
    images = {
        f"{name} {c['name']}": c["image"].split("/")[0]
        for name, found in render(values).pod_specs()
        for c in found.get("initContainers", []) + found["containers"]
    }
    assert images == {
        "StatefulSet/mysql mysql": "server",
        "StatefulSet/mysql agent": "hooks",
        "Deployment/mysql-router router": "router",
        "Deployment/mysql-router agent": "hooks",
        "Job/mysql-prepare prepare": "hooks",
        "Job/mysql-rollback prepare": "hooks",
        "Job/mysql-converge converge": "hooks",
        "CronJob/mysql-renew renew": "hooks",
        "Pod/mysql-test test": "hooks",
    }


def test_pull_secrets_are_given_to_every_pod() -> None:
    """Hooks pull images too."""
    for name, found in render({"imagePullSecrets": [{"name": "registry"}]}).pod_specs():
        assert found["imagePullSecrets"] == [{"name": "registry"}], name


def test_servers_start_all_at_once_and_keep_their_data() -> None:
    """Which member begins after an outage depends on its data; nothing is deleted by scaling."""
    found = render().get(*SERVER)["spec"]
    assert found["podManagementPolicy"] == "Parallel"
    assert found["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}
    deleting = render({"datadirVolumeClaimRetention": {"whenScaled": "Delete"}}).get(*SERVER)["spec"]
    assert deleting["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Retain",
        "whenScaled": "Delete",
    }


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ({}, {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}),
        ({"accessModes": "ReadWriteOncePod"}, {"accessModes": ["ReadWriteOncePod"]}),
        ({"accessModes": ["ReadWriteOncePod"]}, {"accessModes": ["ReadWriteOncePod"]}),
        ({"storageClassName": "fast"}, {"storageClassName": "fast"}),
        ({"storageClassName": "-"}, {"storageClassName": ""}),
        ({"resources": {"requests": {"storage": "1Ti"}}}, {"resources": {"requests": {"storage": "1Ti"}}}),
    ],
)
def test_the_data_volume_is_what_the_values_say(
    claim: dict[str, object], expected: dict[str, object]
) -> None:
    """Access modes by a word, as in Oracle's chart, or by a list, as in Kubernetes."""
    found = render({"datadirVolumeClaimTemplate": claim}).get(*SERVER)["spec"]["volumeClaimTemplates"][0][
        "spec"
    ]
    assert expected.items() <= found.items()
    assert ("storageClassName" in found) == ("storageClassName" in claim)


@pytest.mark.parametrize(
    ("mycnf", "above"),
    [
        ("", ""),
        ("long_query_time=1", HEAD),
        ("\n\n# a remark\n; another\n\nlong_query_time=1\n", HEAD),
        ("[mysqld]\nlong_query_time=1", ""),
        ("# a remark\n[mysqld]\nlong_query_time=1", ""),
        ("long_query_time=1\n[client]\nquick", HEAD),
    ],
)
def test_mycnf_without_a_section_is_for_mysqld(mycnf: str, above: str) -> None:
    """As in Oracle's chart; and its lines are the user's, for those that count them."""
    found = render(nested("serverConfig.mycnf", mycnf)).get("ConfigMap", "mysql-mycnf")["data"]
    text, marker = split_marker(found["extra.cnf"])
    assert text == mycnf.rstrip("\n")
    assert found["extra.cnf"].startswith(above + text)
    assert marker == f"mycnf-{sha256((above + text).encode()).hexdigest()[:16]}"
    assert set(found) == {"extra.cnf"}


@pytest.mark.parametrize(("values_key", "workload"), [("server", SERVER), ("router", ROUTER)])
def test_pods_avoid_each_other_when_there_is_a_choice(values_key: str, workload: tuple[str, str]) -> None:
    """And still start on a single node."""
    found = spec({}, workload)
    assert set(found["affinity"]["podAntiAffinity"]) == {"preferredDuringSchedulingIgnoredDuringExecution"}
    constraints = found["topologySpreadConstraints"]
    assert [c["topologyKey"] for c in constraints] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert {c["whenUnsatisfiable"] for c in constraints} == {"ScheduleAnyway"}
    own = {"affinity": {"nodeAffinity": {}}, "topologySpreadConstraints": [{"topologyKey": "rack"}]}
    replaced = spec({values_key: own}, workload)
    assert replaced["affinity"] == own["affinity"]
    assert replaced["topologySpreadConstraints"] == own["topologySpreadConstraints"]


@pytest.mark.parametrize(
    ("values_key", "workload", "main"), [("server", SERVER, "mysql"), ("router", ROUTER, "router")]
)
def test_pods_can_be_extended(values_key: str, workload: tuple[str, str], main: str) -> None:
    """For exporters, log shippers and files of one's own."""
    extra = {
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "extraVolumes": [{"name": "extra", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "extra", "mountPath": "/extra"}],
        "extraContainers": [{"name": "exporter", "image": "exporter"}],
        "nodeSelector": {"pool": "db"},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": "high",
        "terminationGracePeriodSeconds": 7,
    }
    found = spec({values_key: extra}, workload)
    assert {k: found[k] for k in ("nodeSelector", "tolerations", "priorityClassName")} == {
        k: extra[k] for k in ("nodeSelector", "tolerations", "priorityClassName")
    }
    assert found["terminationGracePeriodSeconds"] == 7
    assert found["containers"][-1]["name"] == "exporter"
    assert {"name": "extra", "emptyDir": {}} in found["volumes"]
    changed = container({values_key: extra}, workload, main)
    assert {"name": "TZ", "value": "UTC"} in changed["env"]
    assert {"name": "extra", "mountPath": "/extra"} in changed["volumeMounts"]


def test_every_mounted_volume_exists_and_every_volume_is_mounted() -> None:
    """Kubernetes finds only the former, and only when a pod is made."""
    claims = {"data"}
    for name, found in render().pod_specs():
        containers = found.get("initContainers", []) + found["containers"]
        mounted = {mount["name"] for c in containers for mount in c["volumeMounts"]}
        declared = {volume["name"] for volume in found["volumes"]}
        assert mounted - claims == declared, name


def test_liveness_looks_at_the_process_and_readiness_at_the_group() -> None:
    """A member that is recovering is not ready, and must not be killed."""
    mysql = container({}, SERVER, "mysql")
    assert mysql["livenessProbe"]["exec"]["command"][0] == "mysqladmin"
    assert mysql["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8080}
    assert mysql["startupProbe"]["httpGet"] == {"path": "/startz", "port": 8080}
    assert mysql["startupProbe"]["periodSeconds"] * mysql["startupProbe"]["failureThreshold"] >= 86400
    router = container({}, ROUTER, "router")
    assert router["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": 8081}
    assert router["livenessProbe"]["tcpSocket"] == {"port": "router-rest"}


def test_snapshots_that_are_declared_stay() -> None:
    """When the entry goes, and when the release is uninstalled."""
    values = {
        "snapshots": {
            "className": "fast",
            "class": {"create": True, "driver": "csi.example.com", "parameters": {"a": "b"}},
            "declared": [{"name": "before", "ordinal": 2}],
        }
    }
    manifest = render(values)
    snapshot = manifest.get("VolumeSnapshot", "before")
    assert snapshot["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert snapshot["spec"] == {
        "volumeSnapshotClassName": "fast",
        "source": {"persistentVolumeClaimName": "data-mysql-2"},
    }
    made = manifest.get("VolumeSnapshotClass", "fast")
    assert (made["driver"], made["deletionPolicy"], made["parameters"]) == (
        "csi.example.com",
        "Delete",
        {"a": "b"},
    )


def test_a_snapshot_class_without_a_name_is_called_by_namespace_and_release() -> None:
    """It belongs to no namespace."""
    values = nested("snapshots.class", {"create": True, "driver": "csi.example.com"})
    assert render(values, namespace="shop").get("VolumeSnapshotClass", "shop-mysql")


def test_a_pod_monitor_reads_the_agents_of_the_servers_alone() -> None:
    """By the name of their port; there is none unless the values ask for it."""
    assert render().kinds("PodMonitor") == []
    wanted = render(nested("metrics.podMonitor", {"enabled": True, "labels": {"release": "prometheus"}}))
    (monitor,) = wanted.kinds("PodMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "agent", "path": "/metrics"}]
    assert {port["name"] for port in container({}, SERVER, "agent")["ports"]} == {"agent"}
    chosen = monitor["spec"]["selector"]["matchLabels"]
    assert chosen == wanted.get(*SERVER)["spec"]["selector"]["matchLabels"]


def test_a_routers_agent_and_script_share_the_folder_of_the_order_to_start_again() -> None:
    """Written by the one and seen by the other, in every place where its path stands."""
    folder = str(Paths().restart_order.parent)
    for name in ("router", "agent"):
        assert {"name": "run", "mountPath": folder} in container({}, ROUTER, name)["volumeMounts"], name
    script = (CHART / "files" / "run-router.sh").read_text(encoding="utf-8")
    assert f"${{INNODB_CLUSTER_RUN:-{folder}}}" in script


@pytest.mark.parametrize(
    ("workload", "name", "most_seconds"),
    [(SERVER, "mysql", 30), (SERVER, "agent", 5), (ROUTER, "router", 5), (ROUTER, "agent", 5)],
)
def test_who_stands_still_is_not_given_the_time_of_who_stops(
    workload: tuple[str, str], name: str, most_seconds: int
) -> None:
    """A frozen process takes no signal: it would use up the pod's whole time to stop, two minutes for a server."""
    probe = container({}, workload, name)["livenessProbe"]
    assert probe["terminationGracePeriodSeconds"] <= most_seconds
