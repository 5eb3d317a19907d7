"""Pods as they are read, and the label that is written."""

import pytest

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import NotFoundError
from innodb_cluster.model.names import Names
from innodb_cluster.model.pods import ContainerView
from tests.unit.kubernetes.builders import NAMESPACE, api_with_pods, pod

NAMES = Names("db", NAMESPACE)


def test_servers_come_in_the_order_of_their_ordinals() -> None:
    """Ten comes after nine, not after one."""
    api = api_with_pods(pod("db-10"), pod("db-2"), pod("db-0"))
    found = KubernetesApi(NAMESPACE, api).list_pods(NAMES, "server")
    assert [view.ordinal for view in found] == [0, 2, 10]


def test_pods_of_other_clusters_and_components_stay_out() -> None:
    """Several clusters may live in one namespace."""
    api = api_with_pods(
        pod("db-0"), pod("other-0", cluster="other"), pod("db-router-5d8f-x2x4z", component="router")
    )
    kubernetes = KubernetesApi(NAMESPACE, api)
    assert [view.name for view in kubernetes.list_pods(NAMES, "server")] == ["db-0"]
    (router,) = kubernetes.list_pods(NAMES, "router")
    assert (router.name, router.ordinal) == ("db-router-5d8f-x2x4z", None)


def test_everything_that_decisions_need_is_read() -> None:
    """Containers of both kinds, node, address, readiness, role."""
    api = api_with_pods(pod("db-0", role="primary"))
    (view,) = KubernetesApi(NAMESPACE, api).list_pods(NAMES, "server")
    assert (view.ip, view.node, view.phase, view.ready, view.role) == (
        "10.0.0.1",
        "node-1",
        "Running",
        True,
        "primary",
    )
    assert view.containers[1] == ContainerView("mysql", ready=True, restarts=2)
    assert not view.deleting
    assert view.waiting == ""


def test_a_pod_that_was_just_made_has_almost_nothing() -> None:
    """No status, no node: read as empty, not as an error."""
    api = api_with_pods({"metadata": pod("db-0")["metadata"]})
    (view,) = KubernetesApi(NAMESPACE, api).list_pods(NAMES, "server")
    assert (view.ip, view.node, view.ready, view.containers) == ("", "", False, ())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            pod("db-0", waiting=("mysql", "ErrImagePull", "no such image")),
            "container mysql ErrImagePull: no such image",
        ),
        (pod("db-0", waiting=("config", "CrashLoopBackOff", "")), "container config CrashLoopBackOff"),
        (pod("db-0", waiting=("mysql", "PodInitializing", "")), ""),
        (pod("db-0", unschedulable="0/3 nodes fit"), "no node takes it: 0/3 nodes fit"),
    ],
)
def test_what_holds_a_pod_is_said_in_one_line(document: dict[str, object], said: str) -> None:
    """Waiting for init containers is no news."""
    (view,) = KubernetesApi(NAMESPACE, api_with_pods(document)).list_pods(NAMES, "server")
    assert view.waiting == said


def test_a_failed_init_container_speaks_through_its_termination_message() -> None:
    """``innodb-cluster render`` writes there what is wrong with serverConfig.mycnf."""
    document = pod("db-0", waiting=("config", "CrashLoopBackOff", ""))
    document["status"]["initContainerStatuses"][0]["lastState"] = {"terminated": {"message": "bad option\n"}}
    (view,) = KubernetesApi(NAMESPACE, api_with_pods(document)).list_pods(NAMES, "server")
    assert view.waiting == "container config CrashLoopBackOff: bad option"


def test_a_container_that_is_tried_again_is_still_one_that_failed() -> None:
    """In the moment of the next try it waits for nothing; the reason of its last end is no less true."""
    document = pod("db-0")
    document["status"]["initContainerStatuses"][0] |= {
        "ready": False,
        "lastState": {"terminated": {"exitCode": 64, "reason": "Error", "message": "bad option\n"}},
    }
    (view,) = KubernetesApi(NAMESPACE, api_with_pods(document)).list_pods(NAMES, "server")
    assert view.waiting == "container config Error: bad option"


def test_a_container_that_works_again_is_not_held_against_its_pod() -> None:
    """Its last end is history."""
    document = pod("db-0")
    document["status"]["containerStatuses"][0]["lastState"] = {
        "terminated": {"exitCode": 1, "reason": "Error"}
    }
    (view,) = KubernetesApi(NAMESPACE, api_with_pods(document)).list_pods(NAMES, "server")
    assert view.waiting == ""


def test_the_role_label_is_set_and_removed() -> None:
    """None removes it; the other labels stay."""
    api = api_with_pods(pod("db-0"))
    kubernetes = KubernetesApi(NAMESPACE, api)
    kubernetes.label_pod_role("db-0", "secondary")
    assert kubernetes.list_pods(NAMES, "server")[0].role == "secondary"
    kubernetes.label_pod_role("db-0", None)
    assert kubernetes.list_pods(NAMES, "server")[0].role == ""


def test_a_pod_that_has_gone_cannot_be_labelled() -> None:
    """The caller learns it."""
    with pytest.raises(NotFoundError):
        KubernetesApi(NAMESPACE, api_with_pods()).label_pod_role("db-0", "primary")
