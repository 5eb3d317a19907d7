"""Changes that need new pods or other options reach the servers in an order that clients hardly notice.

All cases share one release and leave it whole, each under a ledger; they build on each other in the order of the file.
"""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

import mysql.connector
import pytest

from tests.e2e.kit import faults
from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT, eventually
from tests.e2e.kit.state import primary_pod, whole

NAME, NAMESPACE = "roll", "rollouts"
NEXT_TAG = "next-patch"
PATIENT = ("--set", "timeouts.install=460")
DYNAMIC = "long_query_time=3.5\nmax_connections=321\n"
AT_START = f"{DYNAMIC}table_open_cache_instances=3\n"
OPTIONS = "SELECT @@long_query_time, @@max_connections, @@table_open_cache_instances"
MANAGERS = {"helm", "kube-controller-manager"}


def set_mycnf(text: str) -> tuple[str, ...]:
    """Give the arguments that set ``serverConfig.mycnf``."""
    return ("--set-literal", f"serverConfig.mycnf={text}")


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    """Three servers; the local images carry a second tag that stands for a later patch."""
    release = Release(NAME, NAMESPACE)
    release.delete_namespace()
    release.make_namespace()
    release.install(*PATIENT)
    for component, container in (("server", "mysql"), ("router", "router")):
        image = images(release, component, container).pop()
        target = f"{image.rpartition(':')[0]}:{NEXT_TAG}"
        command = [sys.executable, "-m", "ci.cluster", "tag-image", image, target]
        subprocess.run(command, check=True, cwd=ROOT)
    yield release
    release.delete_namespace()


def images(release: Release, component: str, container: str) -> set[str]:
    """Give the images that a component's pods run."""
    return {
        each["image"]
        for pod in release.pods(component)
        for each in pod["spec"]["containers"]
        if each["name"] == container
    }


def uids(release: Release, component: str) -> dict[str, str]:
    """Give every pod of a component with its uid."""
    return {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in release.pods(component)}


def order_of_creation(release: Release) -> list[str]:
    """Name the server pods, the oldest first."""
    pods = sorted(release.pods("server"), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    return [pod["metadata"]["name"] for pod in pods]


def secondaries_first(primary: str) -> list[str]:
    """Name the server pods in the order in which they are to be replaced."""
    names = [f"{NAME}-{ordinal}" for ordinal in (2, 1, 0)]
    return [*(name for name in names if name != primary), primary]


def everywhere(release: Release, statement: str) -> set[str]:
    """Run a statement on every server and give the different answers."""
    return {release.exec_sql(f"{NAME}-{ordinal}", statement) for ordinal in range(3)}


@dataclass
class Watch:
    """Counts at every moment how many members are ONLINE, as the group itself says."""

    release: Release
    fewest: int = 3
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _look(self) -> None:
        statement = (
            "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"
        )
        while not self._stop.is_set():
            # While the primary moves there may be no answer: then the ledger is what counts.
            with suppress(mysql.connector.Error, OSError, AssertionError):
                self.fewest = min(self.fewest, int(self.release.query(statement)[0][0]))
            self._stop.wait(0.2)


def test_a_dynamic_option_restarts_nothing(release: Release) -> None:
    """By SQL on every server; a restart by itself would give the same."""
    before = release.identities()
    with writing(release):
        release.upgrade(*PATIENT, *set_mycnf(DYNAMIC))
    assert release.identities() == before
    (answer,) = everywhere(release, "SELECT @@long_query_time, @@max_connections")
    assert answer.split() == ["3.500000", "321"]


def test_a_line_that_mysqld_refuses_changes_nothing(release: Release) -> None:
    """It is named, and found before anything is touched."""
    before = release.identities(), release.get("configmap", f"{NAME}-mycnf")["data"]
    done = release.upgrade(*PATIENT, *set_mycnf(f"{DYNAMIC}no_such_option=1\n"), check=False)
    assert done.returncode != 0
    assert "no_such_option" in done.stderr
    assert (release.identities(), release.get("configmap", f"{NAME}-mycnf")["data"]) == before


def test_an_option_of_the_start_restarts_one_by_one_the_primary_last(release: Release) -> None:
    """Secondaries by their numbers, the highest first; routers stay."""
    primary, servers, routers = primary_pod(release), uids(release, "server"), uids(release, "router")
    with writing(release), Watch(release) as watch:
        release.upgrade(*PATIENT, *set_mycnf(AT_START))
    assert not set(servers.values()) & set(uids(release, "server").values())
    assert uids(release, "router") == routers
    assert order_of_creation(release) == secondaries_first(primary)
    assert watch.fewest == 2
    assert primary_pod(release) != primary
    (answer,) = everywhere(release, OPTIONS)
    assert answer.split() == ["3.500000", "321", "3"]
    assert whole(release)


def test_images_of_a_later_patch_roll_out_although_the_job_is_killed(release: Release) -> None:
    """After each pod that it has replaced: the next one goes on."""
    primary, servers = primary_pod(release), uids(release, "server")
    tags = ("--set", f"images.server.tag={NEXT_TAG},images.router.tag={NEXT_TAG}")
    killer = threading.Thread(target=_kill_after_each_pod, args=(release, servers), daemon=True)
    with writing(release):
        killer.start()
        release.upgrade(*PATIENT, *set_mycnf(AT_START), *tags)
    killer.join(timeout=60)
    assert order_of_creation(release) == secondaries_first(primary)
    for component, container in (("server", "mysql"), ("router", "router")):
        assert {image.rpartition(":")[2] for image in images(release, component, container)} == {NEXT_TAG}
    assert whole(release)
    release.test()


def _kill_after_each_pod(release: Release, before: dict[str, str]) -> None:
    for count in (1, 2):
        _wait_for_new_pods(release, before, count)
        release.kubectl(
            *("delete", "pod", "--selector", f"job-name={NAME}-converge"),
            *("--grace-period=0", "--force", "--wait=false"),
            check=False,
        )


def _wait_for_new_pods(release: Release, before: dict[str, str], count: int) -> None:
    def new() -> bool:
        return len(set(uids(release, "server").values()) - set(before.values())) >= count

    eventually(new, f"{count} new pods", 300)


def test_an_image_that_cannot_be_pulled_stops_at_one_pod_and_is_rolled_back(release: Release) -> None:
    """`--rollback-on-failure` brings the template back, and with it the pod that never started."""
    servers, before = uids(release, "server"), everywhere(release, OPTIONS)
    image = images(release, "server", "mysql")
    # Never: a registry that does not answer would keep the pull going for longer than the Job.
    arguments = ("--set", "images.server.tag=no-such,images.server.pullPolicy=Never")
    short = ("--set", "timeouts.install=90", "--rollback-on-failure")
    with writing(release), Watch(release) as watch:
        done = release.upgrade(*short, *arguments, check=False)
    assert done.returncode != 0
    assert "no-such" in done.stderr
    assert watch.fewest == 2
    eventually(lambda: whole(release), "three members again")
    after = uids(release, "server")
    assert len(set(servers.values()) & set(after.values())) == 2, "only one pod was touched"
    assert images(release, "server", "mysql") == image
    assert everywhere(release, OPTIONS) == before, "options that were taken out are back as well"


def _tagged(release: Release, tag: str) -> str:
    return f"{images(release, 'server', 'mysql').pop().rpartition(':')[0]}:{tag}"


def test_a_rollback_brings_back_images_and_options(release: Release) -> None:
    """To the revision of the dynamic options: the same order, and the option of the start is gone."""
    primary = primary_pod(release)
    with writing(release):
        release.rollback(2)
    assert order_of_creation(release) == secondaries_first(primary)
    (answer,) = everywhere(release, OPTIONS)
    assert answer.split()[:2] == ["3.500000", "321"]
    assert answer.split()[2] != "3"
    assert images(release, "server", "mysql") != {_tagged(release, NEXT_TAG)}
    assert whole(release)


def test_an_upgrade_while_a_member_is_down_waits_and_then_says_which(release: Release) -> None:
    """No other member is restarted."""
    primary, servers = primary_pod(release), uids(release, "server")
    down = next(name for name in servers if name != primary)
    with faults.member_away(release, down):
        done = release.upgrade(
            "--set", "timeouts.install=60,podAnnotations.a=b", *set_mycnf(DYNAMIC), check=False
        )
    assert done.returncode != 0
    assert down in done.stderr
    after = uids(release, "server")
    assert {name for name in servers if after[name] != servers[name]} <= {down}
    release.upgrade(*PATIENT, *set_mycnf(DYNAMIC))
    eventually(lambda: whole(release), "three members again")


def test_no_field_has_two_managers(release: Release) -> None:
    """What the chart renders is Helm's alone; Kubernetes' own controllers write status."""
    workloads, others = ("statefulset", "deployment", "service"), ("configmap", "serviceaccount")
    kinds = (*workloads, *others, "role", "rolebinding", "poddisruptionbudget")
    selector = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/managed-by=Helm"
    documents = [(kind, document) for kind in kinds for document in release.all(kind, selector=selector)]
    assert {kind for kind, _ in documents} == set(kinds)
    for kind, document in documents:
        name = f"{kind}/{document['metadata']['name']}"
        owners = {entry["manager"]: entry for entry in document["metadata"]["managedFields"]}
        assert set(owners) <= MANAGERS, name
        for manager in set(owners) - {"helm"}:
            assert set(owners[manager]["fieldsV1"]) <= {"f:status", "f:metadata"}, name
            assert owners[manager].get("subresource") == "status", name


def test_helm_3_waits_and_takes_back_what_failed(fresh: Callable[..., Release]) -> None:
    """`--wait` and `--atomic`, on a single server: it just restarts."""
    release = fresh("three", NAMESPACE, helm3=True)
    release.install("--set", "serverInstances=1", "--wait")
    before = uids(release, "server")
    release.upgrade("--set", "serverInstances=1,podAnnotations.a=b", "--wait", *set_mycnf(AT_START))
    after = uids(release, "server")
    assert before != after
    assert release.exec_sql("three-0", OPTIONS).split()[2] == "3"
    broken = "serverInstances=1,images.server.tag=no-such"
    # Helm waits for the pod before it runs the hook, so here it is Helm's own time that ends.
    done = release.upgrade("--set", broken, "--atomic", "--timeout", "45s", check=False)
    assert done.returncode != 0
    eventually(lambda: release.query("SELECT 1") == [(1,)], "the server is back")
    assert release.exec_sql("three-0", OPTIONS).split()[2] == "3"
