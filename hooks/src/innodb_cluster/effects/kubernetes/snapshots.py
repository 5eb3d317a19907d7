"""VolumeSnapshots and the claims of the servers' data, as values."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from innodb_cluster.effects.kubernetes.client import (
    CLAIMS,
    VOLUME_SNAPSHOTS,
    ConflictError,
    Document,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.effects.kubernetes.labels import CLUSTER_LABEL, owned
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import (
    CLUSTER_ANNOTATION,
    CLUSTER_ID_ANNOTATION,
    DRIVER_ANNOTATION,
    GROUP_ANNOTATION,
    GTID_ANNOTATION,
    MADE_BY_LABEL,
    POD_ANNOTATION,
    RUN_LABEL,
    TOPOLOGY_ANNOTATION,
    VERSION_ANNOTATION,
    ClaimView,
    MadeBy,
    SnapshotOrigin,
    SnapshotRequest,
    SnapshotView,
)

GROUP = VOLUME_SNAPSHOTS.group
HOLD_FINALIZER = "innodb-cluster.mysql/restore"
CHANGE_ATTEMPTS = 5
COPY_FINALIZER = "snapshot.storage.kubernetes.io/pvc-as-source-protection"
"""Of the snapshot controller."""
PROVISIONER_ANNOTATIONS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)

_ORIGIN = {
    "gtid_set": GTID_ANNOTATION,
    "server_version": VERSION_ANNOTATION,
    "cluster": CLUSTER_ANNOTATION,
    "cluster_id": CLUSTER_ID_ANNOTATION,
    "group_name": GROUP_ANNOTATION,
    "topology": TOPOLOGY_ANNOTATION,
    "pod": POD_ANNOTATION,
    "driver": DRIVER_ANNOTATION,
}


def list_snapshots(client: KubernetesClient, names: Names) -> tuple[SnapshotView, ...]:
    """List every snapshot of this cluster's servers, whoever made it."""
    with _kind_expected():
        views = [snapshot_view(document) for document in client.list(VOLUME_SNAPSHOTS, {})]
    claims = set(names.claims)
    return tuple(view for view in views if view.claim in claims)


def read_snapshot(client: KubernetesClient, name: str) -> SnapshotView | None:
    """Read one, None when there is none."""
    try:
        return snapshot_view(client.get(VOLUME_SNAPSHOTS, name))
    except NotFoundError:
        return None


def create_snapshot(client: KubernetesClient, names: Names, request: SnapshotRequest) -> SnapshotView:
    """Ask for a snapshot; it has no owner, so that it outlives the release. ConflictError when the name is taken."""
    labels = owned(names) | {MADE_BY_LABEL: request.made_by.value}
    if request.run:
        labels[RUN_LABEL] = request.run
    annotations = {key: str(getattr(request.origin, field)) for field, key in _ORIGIN.items()}
    spec: Document = {"source": {"persistentVolumeClaimName": request.claim}}
    if request.class_name:
        spec["volumeSnapshotClassName"] = request.class_name
    document = {
        "apiVersion": f"{VOLUME_SNAPSHOTS.group}/{VOLUME_SNAPSHOTS.version}",
        "kind": "VolumeSnapshot",
        "metadata": {"name": request.name, "labels": labels, "annotations": annotations},
        "spec": spec,
    }
    with _kind_expected():
        return snapshot_view(client.create(VOLUME_SNAPSHOTS, document))


@contextmanager
def _kind_expected() -> Iterator[None]:
    """Say what it means when not an object is missing but its kind."""
    try:
        yield
    except NotFoundError as error:
        raise ConfigurationError(
            "this Kubernetes has no VolumeSnapshots",
            "install the CRDs and the controller of kubernetes-csi/external-snapshotter",
        ) from error


def delete_snapshot(client: KubernetesClient, name: str, uid: str) -> None:
    """Delete this very snapshot; ConflictError when the name is another one's by now."""
    client.delete(VOLUME_SNAPSHOTS, name, uid)


def snapshot_view(document: Document) -> SnapshotView:
    """Read a VolumeSnapshot document; what is absent is empty."""
    metadata, status = document["metadata"], document.get("status") or {}
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    source = (document.get("spec") or {}).get("source") or {}
    return SnapshotView(
        name=metadata["name"],
        uid=metadata.get("uid", ""),
        created=_moment(metadata.get("creationTimestamp", "")),
        claim=source.get("persistentVolumeClaimName", ""),
        made_by=_made_by(labels),
        run=labels.get(RUN_LABEL, ""),
        origin=SnapshotOrigin(**{field: annotations.get(key, "") for field, key in _ORIGIN.items()}),
        is_cut=bool(status.get("creationTime")),
        is_ready=bool(status.get("readyToUse")),
        error=" ".join(str((status.get("error") or {}).get("message", "")).split()),
        size=str(status.get("restoreSize") or ""),
        is_deleting="deletionTimestamp" in metadata,
    )


def read_claim(client: KubernetesClient, name: str) -> ClaimView | None:
    """Read a claim, None when there is none."""
    try:
        document = client.get(CLAIMS, name)
    except NotFoundError:
        return None
    metadata, spec = document["metadata"], document.get("spec") or {}
    annotations = metadata.get("annotations") or {}
    source = spec.get("dataSource") or {}
    return ClaimView(
        name=name,
        uid=metadata.get("uid", ""),
        snapshot=source.get("name", "") if source.get("kind") == "VolumeSnapshot" else "",
        size=str(((spec.get("resources") or {}).get("requests") or {}).get("storage", "")),
        driver=next((annotations[key] for key in PROVISIONER_ANNOTATIONS if key in annotations), ""),
        storage_class=spec.get("storageClassName") or "",
        is_bound=(document.get("status") or {}).get("phase") == "Bound",
        is_deleting="deletionTimestamp" in metadata,
        is_held=HOLD_FINALIZER in (metadata.get("finalizers") or []),
        is_copied=COPY_FINALIZER in (metadata.get("finalizers") or []),
    )


def create_claim(client: KubernetesClient, settings: Settings, name: str, snapshot: str) -> None:
    """Make a server's claim from a snapshot, as the StatefulSet would make an empty one. ConflictError when it exists."""
    wanted = settings.data_claim
    spec: Document = {
        "accessModes": list(wanted.access_modes),
        "resources": {"requests": {"storage": wanted.size}},
        "dataSource": {"apiGroup": GROUP, "kind": "VolumeSnapshot", "name": snapshot},
    }
    if wanted.storage_class is not None:
        spec["storageClassName"] = wanted.storage_class
    labels = {CLUSTER_LABEL: settings.names.cluster, **wanted.labels}
    document = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }
    client.create(CLAIMS, document)


def hold_claim(client: KubernetesClient, name: str, uid: str) -> None:
    """Keep the name of this very claim taken while it goes, until ``release_claim``."""

    def held(metadata: Document) -> list[str]:
        finalizers = metadata.get("finalizers") or []
        is_wanted = metadata["uid"] == uid and HOLD_FINALIZER not in finalizers
        return [*finalizers, HOLD_FINALIZER] if is_wanted else finalizers

    _change_finalizers(client, name, held)


def release_claim(client: KubernetesClient, name: str) -> None:
    """Let a held claim go; nothing happens when there is none."""

    def released(metadata: Document) -> list[str]:
        return [entry for entry in metadata.get("finalizers") or [] if entry != HOLD_FINALIZER]

    with suppress(NotFoundError):
        _change_finalizers(client, name, released)


def _change_finalizers(client: KubernetesClient, name: str, change: Callable[[Document], list[str]]) -> None:
    """Replace the list as it was read, and read again when Kubernetes changed the claim meanwhile: it has finalizers too."""
    for attempt in range(1, CHANGE_ATTEMPTS + 1):
        metadata = client.get(CLAIMS, name)["metadata"]
        wanted = change(metadata)
        if wanted == (metadata.get("finalizers") or []):
            return
        patch = {"metadata": {"finalizers": wanted, "resourceVersion": metadata["resourceVersion"]}}
        try:
            client.patch(CLAIMS, name, patch)
        except ConflictError:
            if attempt == CHANGE_ATTEMPTS:
                raise
        else:
            return


def delete_claim(client: KubernetesClient, name: str, uid: str) -> None:
    """Delete this very claim; it goes when no pod has it any more."""
    client.delete(CLAIMS, name, uid)


def _made_by(labels: Document) -> MadeBy:
    written = labels.get(MADE_BY_LABEL, "")
    if written in MadeBy.__members__.values():
        return MadeBy(written)
    is_charts = labels.get("app.kubernetes.io/managed-by") == "Helm" and CLUSTER_LABEL in labels
    return MadeBy.CHART if is_charts else MadeBy.OTHER


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
