"""Labels say what an object is, and selectors never change."""

from collections.abc import Iterator

import pytest

from innodb_cluster.effects.kubernetes.labels import CLUSTER_LABEL
from innodb_cluster.model.names import REACHABLE_LABEL
from tests.chart.rendering import CHART, Manifest, Object, identity, render

EVERY_OPTION = CHART / "ci" / "every-option-values.yaml"
COMMON = {"name", "instance", "component", "version", "managed-by"}


def manifests() -> list[Manifest]:
    """The defaults, and everything that values can add."""
    return [render(), render(files=(EVERY_OPTION,))]


def pod_templates(manifest: Manifest) -> Iterator[tuple[str, Object]]:
    """Metadata of every pod that the chart makes."""
    for candidate in manifest.objects:
        template = candidate["spec"].get("template") if "spec" in candidate else None
        if template:
            yield identity(candidate), template["metadata"]


def test_every_object_has_the_common_labels() -> None:
    """And belongs to this chart."""
    for manifest in manifests():
        for candidate in manifest.objects:
            labels = candidate["metadata"]["labels"]
            assert {f"app.kubernetes.io/{key}" for key in COMMON} <= set(labels), identity(candidate)
            assert labels["app.kubernetes.io/name"] == "mysql-innodb-cluster"
            assert labels["app.kubernetes.io/component"] in {"server", "router", "hook"}


def test_every_pod_has_the_common_labels() -> None:
    """Pod labels are in the contract."""
    for manifest in manifests():
        for name, metadata in pod_templates(manifest):
            assert {f"app.kubernetes.io/{key}" for key in COMMON} <= set(metadata["labels"]), name


@pytest.mark.parametrize(
    ("kind", "name", "component"),
    [
        ("StatefulSet", "mysql", "server"),
        ("Deployment", "mysql-router", "router"),
        ("Job", "mysql-converge", "hook"),
    ],
)
def test_pods_are_marked_with_their_component(kind: str, name: str, component: str) -> None:
    """Users select pods by it."""
    labels = render().get(kind, name)["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == component


def test_everything_of_a_cluster_is_found_by_the_name_of_the_cluster() -> None:
    """Which fullnameOverride makes another than the release's."""
    manifest = render({"fullnameOverride": "db"}, release="shop")
    assert {candidate["metadata"]["labels"][CLUSTER_LABEL] for candidate in manifest.objects} == {"db"}
    assert {metadata["labels"][CLUSTER_LABEL] for _, metadata in pod_templates(manifest)} == {"db"}


def test_the_role_of_a_server_is_left_to_the_agents() -> None:
    """A rendered role label would be a guess."""
    assert "innodb-cluster.mysql/role" not in render().text


def test_the_client_service_leads_to_routers_that_are_marked_as_reachable() -> None:
    """Each is born so; the Deployment must not look at it, or one that is not would be replaced."""
    manifest = render()
    deployment = manifest.get("Deployment", "mysql-router")["spec"]
    assert manifest.get("Service", "mysql")["spec"]["selector"][REACHABLE_LABEL] == "yes"
    assert deployment["template"]["metadata"]["labels"][REACHABLE_LABEL] == "yes"
    assert REACHABLE_LABEL not in deployment["selector"]["matchLabels"]


def test_selectors_and_claim_templates_have_no_label_that_changes() -> None:
    """They can't be changed on a living object: an upgrade would fail."""
    selecting = {f"app.kubernetes.io/{key}" for key in ("name", "instance", "component")}
    for manifest in manifests():
        for kind in ("StatefulSet", "Deployment"):
            for candidate in manifest.kinds(kind):
                assert set(candidate["spec"]["selector"]["matchLabels"]) == selecting
                for claim in candidate["spec"].get("volumeClaimTemplates", []):
                    assert set(claim["metadata"]["labels"]) == selecting | {CLUSTER_LABEL}


def test_selectors_match_the_pods_of_their_own_component_alone() -> None:
    """Services and budgets must not take in hook pods."""
    manifest = render()
    pods = {name: metadata["labels"] for name, metadata in pod_templates(manifest)}
    matched = {}
    for kind in ("Service", "PodDisruptionBudget"):
        for candidate in manifest.kinds(kind):
            selector = candidate["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            matched[identity(candidate)] = [
                n for n, labels in pods.items() if selector.items() <= labels.items()
            ]
    assert matched == {
        "Service/mysql": ["Deployment/mysql-router"],
        "Service/mysql-instances": ["StatefulSet/mysql"],
        "PodDisruptionBudget/mysql": ["StatefulSet/mysql"],
    }
