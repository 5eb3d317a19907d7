"""A claim is held and let go although Kubernetes changes it at the same time."""

from collections.abc import Mapping

import pytest

from innodb_cluster.effects.kubernetes import snapshots
from innodb_cluster.effects.kubernetes.client import CLAIMS, ConflictError, Document, KubernetesClient
from tests.unit.kubernetes.builders import NAMESPACE
from tests.unit.kubernetes.in_memory_api import InMemoryApi

CLAIM = "datadir-db-0"
PROTECTION = "kubernetes.io/pvc-protection"
"""Of Kubernetes itself, which takes it away when no pod has the claim any more."""
PATH = CLAIMS.path(NAMESPACE, CLAIM)


class BusyApi(InMemoryApi):
    """Somebody else writes to the claim just before each of the first patches."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.writes = writes
        self.put(PATH, {"metadata": {"uid": "one", "finalizers": [PROTECTION]}})

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        if method == "PATCH" and self.writes:
            self.writes -= 1
            self.put(path, {**self.objects[path], "status": {"writes": self.writes}})
        return super().send(method, path, query, body)

    @property
    def finalizers(self) -> list[str]:
        finalizers: list[str] = self.objects[PATH]["metadata"]["finalizers"]
        return finalizers


def test_finalizers_are_changed_again_when_the_claim_was_changed_meanwhile() -> None:
    """With what the claim has by then."""
    api = BusyApi(writes=2)
    client = KubernetesClient(NAMESPACE, api)
    snapshots.hold_claim(client, CLAIM, "one")
    assert api.finalizers == [PROTECTION, snapshots.HOLD_FINALIZER]
    api.writes = 2
    snapshots.release_claim(client, CLAIM)
    assert api.finalizers == [PROTECTION]


def test_what_is_changed_again_and_again_is_left_as_it_is() -> None:
    """The caller tries again later."""
    api = BusyApi(writes=snapshots.CHANGE_ATTEMPTS)
    with pytest.raises(ConflictError):
        snapshots.hold_claim(KubernetesClient(NAMESPACE, api), CLAIM, "one")
    assert api.finalizers == [PROTECTION]


def test_another_claim_of_the_name_is_not_held() -> None:
    """Its uid tells."""
    api = BusyApi(writes=0)
    snapshots.hold_claim(KubernetesClient(NAMESPACE, api), CLAIM, "two")
    assert api.finalizers == [PROTECTION]


def test_letting_go_what_is_gone_is_no_error() -> None:
    """Whoever lets go twice finds nothing."""
    snapshots.release_claim(KubernetesClient(NAMESPACE, InMemoryApi()), CLAIM)
