"""Servers, routers and volumes become more and fewer by `helm upgrade`; clients go on, nothing acknowledged is lost.

The tests share one release and go on from each other, as an operator would.
"""

import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import mysql.connector
import pytest

from tests.e2e.kit import faults
from tests.e2e.kit.api import read
from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import BIN, eventually, kubectl, run

NAME, NAMESPACE = "scaled", "scaling"
SCHEMA = "mysql_innodb_cluster_metadata"
SIZE = "datadirVolumeClaimTemplate.resources.requests.storage"
CLASS = "local-btrfs"


@pytest.fixture(scope="module")
def scaled() -> Iterator[Release]:
    """One server, one router, small volumes."""
    release = Release(NAME, NAMESPACE)
    release.delete_namespace()
    release.make_namespace()
    upgrade(release, servers=1, verb="install")
    yield release
    release.delete_namespace()


VALUES: dict[str, Any] = {
    "serverInstances": 1,
    "routerInstances": 1,
    SIZE: "1Gi",
    "server.resources": "small",
}
"""What the release was last brought to; each test changes what it is about."""


def upgrade(
    release: Release, verb: str = "upgrade", *, check: bool = True, **changes: Any
) -> subprocess.CompletedProcess[str]:
    """Run helm with the last values but for these."""
    names = {"servers": "serverInstances", "routers": "routerInstances", "size": SIZE}
    wanted = VALUES | {names[key]: value for key, value in changes.items()}
    arguments = [f"--set={key}={value}" for key, value in wanted.items() if key != "server.resources"]
    arguments += ["--set=server.resources.requests.memory=768Mi", "--set=timeouts.install=460"]
    done = (release.install if verb == "install" else release.upgrade)(*arguments, check=check)
    if done.returncode == 0:
        VALUES.update(wanted)
    return done


def pods(release: Release, component: str = "server") -> list[str]:
    """Names of the pods that are there to stay."""
    found = release.pods(component)
    return sorted(pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"])


def assert_members(release: Release, count: int) -> None:
    """The group, its metadata and its recovery accounts have that many members, all of them well."""
    code, document = release.status()
    assert code == 0, document
    assert len(document["defaultReplicaSet"]["topology"]) == count
    assert pods(release) == [f"{NAME}-{ordinal}" for ordinal in range(count)]
    sql = {
        "members": "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'",
        "rows": f"SELECT COUNT(*) FROM {SCHEMA}.v2_instances",
        "accounts": "SELECT COUNT(*) FROM mysql.user WHERE user LIKE 'mysql\\_innodb\\_cluster\\_%'",
    }
    # Asked of one that may be a secondary: it has everything a moment later.
    for name, statement in sql.items():
        eventually(partial(_answers, release, statement, str(count)), f"{count} {name}", 30)
    assert release.get("configmap", f"{NAME}-state")["data"]["serverInstances"] == str(count)


def _answers(release: Release, statement: str, expected: str) -> bool:
    return release.exec_sql(f"{NAME}-0", statement) == expected


def make_primary(release: Release, pod: str) -> None:
    """Make a member the primary by hand."""
    uuid = release.exec_sql(pod, "SELECT @@server_uuid")
    release.exec_sql(pod, f"SELECT group_replication_set_as_primary('{uuid}')")


def test_one_server_becomes_three(scaled: Release) -> None:
    """While a client writes."""
    with writing(scaled):
        upgrade(scaled, servers=3)
    assert_members(scaled, 3)


def test_three_become_five(scaled: Release) -> None:
    """New members get what was written before and meanwhile; nobody is restarted."""
    before = scaled.identities()
    with writing(scaled):
        upgrade(scaled, servers=5)
    assert_members(scaled, 5)
    assert before.items() <= scaled.identities().items()


def test_what_would_leave_no_majority_is_refused(scaled: Release) -> None:
    """Of the members that would stay one is away: nobody leaves, and writes go on."""
    down = f"{NAME}-1"
    with writing(scaled) as ledger, faults.member_away(scaled, down):
        refused = upgrade(scaled, servers=3, check=False)
        assert refused.returncode != 0
        printed = refused.stdout + refused.stderr
        assert f"{down} is" in printed, printed
        assert "serverInstances=5" in printed, printed
        assert len(pods(scaled)) == 5
        ledger.wait_for_more()
    eventually(lambda: assert_members(scaled, 5) is None, "five members again", 240)


def test_a_killed_prepare_job_is_taken_up_again_and_five_become_three(scaled: Release) -> None:
    """The primary is among those that leave; the Job is killed as soon as the first has left."""
    make_primary(scaled, f"{NAME}-4")
    before = scaled.identities()
    with writing(scaled) as ledger:
        done: list[subprocess.CompletedProcess[str]] = []
        helm = threading.Thread(target=lambda: done.append(upgrade(scaled, servers=3)))
        helm.start()
        name = eventually(lambda: _retiring(scaled), "a prepare Job that lets a member leave")
        second = upgrade(scaled, servers=5, check=False)
        assert "another operation" in second.stderr, second.stderr
        scaled.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=false")
        helm.join()
        assert done, "helm failed"
        ledger.wait_for_more()
    assert_members(scaled, 3)
    staying = {pod: identity for pod, identity in before.items() if pod[-1] in "012" or "router" in pod}
    assert staying == scaled.identities()
    claims = [claim["metadata"]["name"] for claim in scaled.all("pvc")]
    assert sorted(claims) == [f"data-{NAME}-{ordinal}" for ordinal in range(5)]


def _retiring(release: Release) -> str:
    """Name the prepare Job's pod when it has begun to let a member leave."""
    selector = f"job-name={NAME}-prepare"
    for name in release.kubectl("get", "pods", "--selector", selector, "-o", "name", check=False).split():
        if "RetireMember" in release.kubectl("logs", name, check=False):
            return name.partition("/")[2]
    return ""


def test_a_member_comes_back_over_its_kept_claim(scaled: Release) -> None:
    """It has old data, and gets what it lacks."""
    with writing(scaled):
        upgrade(scaled, servers=4)
    assert_members(scaled, 4)
    upgrade(scaled, servers=3)
    assert_members(scaled, 3)


def routers_in_metadata(release: Release) -> set[str]:
    """Addresses of the routers that the metadata shows."""
    return set(release.exec_sql(f"{NAME}-0", f"SELECT address FROM {SCHEMA}.v2_routers").split())


def test_routers_come_and_go_and_connections_through_those_that_stay_are_kept(scaled: Release) -> None:
    """1, 2, none, 3; with none the upgrade ends as well, and the metadata always shows what is there."""
    (first,) = scaled.pods("router")
    held = mysql.connector.connect(
        host=first["status"]["podIP"], port=6446, user="root", password=PASSWORD, connection_timeout=10
    )
    cursor = held.cursor()
    for count in (2, 0, 3):
        upgrade(scaled, routers=count)
        assert len(pods(scaled, "router")) == count
        assert routers_in_metadata(scaled) == set(pods(scaled, "router"))
        if count == 2:
            cursor.execute("SELECT 'still here'")
            assert cursor.fetchall() == [("still here",)]
            held.close()
    endpoints = {
        address for slice_ in _slices(scaled) for e in slice_["endpoints"] or [] for address in e["addresses"]
    }
    assert len(endpoints) == 3
    assert scaled.query("SELECT 1") == [(1,)]
    upgrade(scaled, routers=1)


def _slices(release: Release) -> list[dict[str, Any]]:
    return release.all("endpointslice", selector=f"kubernetes.io/service-name={NAME}")


def test_volumes_grow_while_the_servers_run(scaled: Release) -> None:
    """Claims, volumes and the StatefulSet's template; no pod is restarted, and nothing is said of immutable fields."""
    before = scaled.identities()
    with writing(scaled):
        upgrade(scaled, size="2Gi")
    assert scaled.identities() == before
    assert template_size(scaled) == "2Gi"
    eventually(lambda: set(capacities(scaled)) == {"2Gi"}, "volumes of 2Gi")
    owners = {pod["metadata"]["ownerReferences"][0]["uid"] for pod in scaled.pods("server")}
    assert owners == {scaled.get("statefulset", NAME)["metadata"]["uid"]}


def template_size(release: Release) -> str:
    """Size in the StatefulSet's claim template."""
    spec = release.get("statefulset", NAME)["spec"]["volumeClaimTemplates"][0]["spec"]
    return str(spec["resources"]["requests"]["storage"])


def capacities(release: Release) -> list[str]:
    """Sizes of the volumes of the servers that there are."""
    claims = {claim["metadata"]["name"]: claim for claim in release.all("pvc")}
    return [claims[f"data-{pod}"]["status"]["capacity"]["storage"] for pod in pods(release)]


def test_a_statefulset_that_helm_did_not_make_again_is_made_by_the_next_upgrade(scaled: Release) -> None:
    """Helm was killed between the hook and its own work; its pods went on."""
    before = scaled.identities()
    scaled.kubectl("delete", "statefulset", NAME, "--cascade=orphan")
    upgrade(scaled, size="3Gi")
    assert scaled.identities() == before
    assert template_size(scaled) == "3Gi"


def test_a_rollback_to_a_smaller_size_is_taken_and_helm_3_takes_it_from_there(scaled: Release) -> None:
    """The volumes stay as they are; the members go on. Then Helm 3 makes them larger."""
    before = scaled.identities()
    run(scaled.helm, "rollback", NAME, "--namespace", NAMESPACE, "--timeout", "8m")
    assert template_size(scaled) != "3Gi"
    eventually(lambda: set(capacities(scaled)) == {"3Gi"}, "volumes that keep their size")
    helm3 = Release(NAME, NAMESPACE, str(BIN / "helm3"))
    upgrade(helm3, size="4Gi")
    assert scaled.identities() == before
    assert template_size(scaled) == "4Gi"


@pytest.mark.parametrize(("size", "said"), [("1Gi", "volumes can't shrink"), ("5Gi", f"class {CLASS}")])
def test_a_volume_that_cannot_become_what_is_asked_for_is_refused(
    scaled: Release, size: str, said: str
) -> None:
    """Smaller ones by Helm itself, larger ones that the class forbids by the hook; nothing is changed."""
    before = scaled.get("statefulset", NAME)["metadata"]["uid"]
    allow(expansion=False)
    try:
        refused = upgrade(scaled, size=size, check=False)
    finally:
        allow(expansion=True)
    assert refused.returncode != 0
    assert said in refused.stdout + refused.stderr
    assert scaled.get("statefulset", NAME)["metadata"]["uid"] == before
    assert template_size(scaled) == "4Gi"


def allow(*, expansion: bool) -> None:
    """Let volumes of the class grow, or not."""
    kubectl("patch", "storageclass", CLASS, "-p", f'{{"allowVolumeExpansion": {str(expansion).lower()}}}')
    assert bool(read("storageclass", CLASS).get("allowVolumeExpansion")) is expansion
