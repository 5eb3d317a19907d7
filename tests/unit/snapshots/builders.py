"""Builders of snapshots and claims: name only what matters to the test."""

from datetime import timedelta
from typing import Any

from innodb_cluster.effects.kubernetes.client import CLAIMS, VOLUME_SNAPSHOTS, Document
from innodb_cluster.model.snapshots import MadeBy, SnapshotOrigin, SnapshotView
from tests.unit.kubernetes.fake_clock import START
from tests.unit.kubernetes.in_memory_api import InMemoryApi

UNKNOWN = SnapshotOrigin()


def snapshot(
    name: str = "snap",
    *,
    hours_old: float = 1.0,
    made_by: MadeBy = MadeBy.SCHEDULE,
    ready: bool = True,
    cut: bool | None = None,
    error: str = "",
    size: str = "10Gi",
    claim: str = "data-db-1",
    origin: SnapshotOrigin = UNKNOWN,
    deleting: bool = False,
) -> SnapshotView:
    """Build a snapshot that the schedule made and that is good."""
    return SnapshotView(
        name=name,
        uid=f"uid-{name}",
        created=START - timedelta(hours=hours_old),
        claim=claim,
        made_by=made_by,
        origin=origin,
        is_cut=ready if cut is None else cut,
        is_ready=ready,
        error=error,
        size=size,
        is_deleting=deleting,
    )


class Storage(InMemoryApi):
    """An API whose snapshots are taken up: cut at the first look, ready at the second."""

    def __init__(self, *, error: str = "", works: bool = True) -> None:
        super().__init__()
        self.error = error
        self.works = works

    def _get(self, path: str) -> tuple[int, Document]:
        answer = super()._get(path)
        if VOLUME_SNAPSHOTS.path("ns") in path and path in self.objects:
            status: dict[str, Any] = self.objects[path].setdefault("status", {})
            if self.error:
                status["error"] = {"message": self.error}
            elif self.works and "creationTime" in status:
                status |= {"readyToUse": True, "restoreSize": "10Gi"}
            elif self.works:
                status["creationTime"] = "2026-01-01T12:00:00Z"
        return answer

    def claim(self, name: str, **spec: Any) -> None:
        """Make a claim."""
        annotations = {"volume.kubernetes.io/storage-provisioner": "csi.example.com"}
        self.put(CLAIMS.path("ns", name), {"metadata": {"annotations": annotations}, "spec": spec})
