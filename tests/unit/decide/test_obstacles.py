"""Whoever waits for pods reads why they do not come."""

from innodb_cluster.decide.obstacles import obstacles
from innodb_cluster.model.pods import ContainerView, PodView, WarningView
from tests.unit.builders import settings

CREATING = ContainerView("mysql", ready=False, restarts=0, waiting_reason="ContainerCreating")
NO_SPACE = WarningView("PersistentVolumeClaim", "data-db-1", "ProvisioningFailed", "no space")
NO_SECRET = WarningView("Pod", "db-1", "FailedMount", 'secret "db-tls" not found')
NOT_READY = WarningView("Pod", "db-1", "Unhealthy", "Readiness probe failed")


def pod(name: str, *containers: ContainerView, node: str = "node-1", unschedulable: str = "") -> PodView:
    """Build a server or router pod."""
    ordinal = int(name[-1]) if "router" not in name else None
    return PodView(
        name,
        ordinal,
        ip="",
        node=node,
        phase="Pending",
        ready=False,
        containers=containers,
        unschedulable=unschedulable,
    )


def others() -> tuple[PodView, ...]:
    """Give the pods that nothing holds back."""
    return (pod("db-0"), pod("db-2"), pod("db-router-x"))


def test_nothing_is_said_of_pods_that_run() -> None:
    """Also when there were warnings once."""
    assert obstacles(settings(), (*others(), pod("db-1")), (NO_SPACE, NO_SECRET)) == ()


def test_a_volume_that_cannot_be_made_is_named() -> None:
    """The scheduler waits for it without a word."""
    found = obstacles(settings(), (*others(), pod("db-1", node="")), (NO_SPACE, NOT_READY))
    assert found == (
        "db-1: it has no node yet (PersistentVolumeClaim data-db-1 ProvisioningFailed: no space)",
    )


def test_the_schedulers_word_comes_first() -> None:
    """Without a warning of the claim it stands alone."""
    found = obstacles(settings(), (*others(), pod("db-1", node="", unschedulable="0/3 nodes")), ())
    assert found == ("db-1: no node takes it: 0/3 nodes",)


def test_a_mount_that_fails_is_named_by_its_newest_warning() -> None:
    """The pod itself says no more than that it is being made."""
    older = WarningView("Pod", "db-1", "FailedMount", "timed out")
    found = obstacles(settings(), (*others(), pod("db-1", CREATING)), (older, NO_SECRET, NOT_READY))
    assert found == (
        'db-1: container mysql ContainerCreating (Pod db-1 FailedMount: secret "db-tls" not found)',
    )


def test_pods_that_are_refused_are_named_with_the_reason() -> None:
    """A quota or an admission check lets no pod come to be."""
    warnings = (
        WarningView("StatefulSet", "db", "FailedCreate", "exceeded quota"),
        WarningView("ReplicaSet", "db-router-1a", "FailedCreate", "violates PodSecurity"),
    )
    assert obstacles(settings(), (pod("db-0"), pod("db-1")), warnings) == (
        "db-2: the pod does not exist (StatefulSet db FailedCreate: exceeded quota)",
        "Deployment db-router: a pod is missing (ReplicaSet db-router-1a FailedCreate: violates PodSecurity)",
    )
