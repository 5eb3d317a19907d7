"""Claims of the servers' data, and the StatefulSet whose template they are made by."""

from innodb_cluster.effects.kubernetes.client import (
    CLAIMS,
    STATEFUL_SETS,
    VOLUME_SNAPSHOTS,
    Document,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.effects.kubernetes.labels import CLUSTER_LABEL
from innodb_cluster.model.claims import ClaimSettings, ClaimView
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import Settings

HOLD_FINALIZER = "innodb-cluster.mysql/restore"
PROVISIONER_ANNOTATIONS = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)


def read_claim_template(client: KubernetesClient, names: Names) -> ClaimSettings | None:
    """Give the claim template of the servers' StatefulSet, None when there is no StatefulSet."""
    try:
        document = client.get(STATEFUL_SETS, names.cluster)
    except NotFoundError:
        return None
    templates = document["spec"].get("volumeClaimTemplates") or []
    spec = next((entry["spec"] for entry in templates if entry["metadata"]["name"] == "data"), None)
    if spec is None:
        return None
    return ClaimSettings(_storage(spec), spec.get("storageClassName"), tuple(spec["accessModes"]))


def read_claim(client: KubernetesClient, name: str) -> ClaimView | None:
    """Give a claim, None when there is none."""
    try:
        document = client.get(CLAIMS, name)
    except NotFoundError:
        return None
    metadata, spec = document["metadata"], document["spec"]
    annotations = metadata.get("annotations") or {}
    source = spec.get("dataSource") or {}
    return ClaimView(
        name,
        _storage(spec),
        spec.get("storageClassName") or "",
        is_bound=(document.get("status") or {}).get("phase") == "Bound",
        uid=metadata.get("uid", ""),
        snapshot=source.get("name", "") if source.get("kind") == "VolumeSnapshot" else "",
        driver=next((annotations[key] for key in PROVISIONER_ANNOTATIONS if key in annotations), ""),
        is_deleting="deletionTimestamp" in metadata,
        is_held=HOLD_FINALIZER in (metadata.get("finalizers") or []),
    )


def grow_claim(client: KubernetesClient, name: str, storage: str, *, only_try: bool) -> None:
    """Ask for a larger volume.

    With ``only_try`` the API checks and changes nothing: its answer knows whether the
    StorageClass allows it, which this release may not read.
    """
    patch = {"spec": {"resources": {"requests": {"storage": storage}}}}
    client.patch(CLAIMS, name, patch, only_try=only_try)


def orphan_servers(client: KubernetesClient, names: Names) -> bool:
    """Take the StatefulSet away and leave its pods running; True when it is gone.

    The garbage collector sets the pods free before the object goes, so it has to be called until then.
    """
    try:
        document = client.get(STATEFUL_SETS, names.cluster)
        if "deletionTimestamp" not in document["metadata"]:
            client.delete_orphaning(STATEFUL_SETS, names.cluster, document["metadata"]["uid"])
    except NotFoundError:
        return True
    return False


def create_claim(client: KubernetesClient, settings: Settings, name: str, snapshot: str) -> None:
    """Make a server's claim from a snapshot, as the StatefulSet would make an empty one. ConflictError when it exists."""
    wanted = settings.data_claim
    if wanted is None:
        reason = "the settings document says nothing of the servers' claims"
        raise ConfigurationError(reason, "render it with this chart's version")
    spec: Document = {
        "accessModes": list(wanted.access_modes),
        "resources": {"requests": {"storage": wanted.storage}},
        "dataSource": {"apiGroup": VOLUME_SNAPSHOTS.group, "kind": "VolumeSnapshot", "name": snapshot},
    }
    if wanted.storage_class is not None:
        spec["storageClassName"] = wanted.storage_class
    labels = {CLUSTER_LABEL: settings.names.cluster, **settings.data_claim_labels}
    document = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }
    client.create(CLAIMS, document)


def hold_claim(client: KubernetesClient, name: str, uid: str) -> None:
    """Keep the name of this very claim taken while it goes, until ``release_claim``."""
    metadata = client.get(CLAIMS, name)["metadata"]
    finalizers = metadata.get("finalizers") or []
    if metadata["uid"] == uid and HOLD_FINALIZER not in finalizers:
        version = metadata["resourceVersion"]
        held = {"finalizers": [*finalizers, HOLD_FINALIZER], "resourceVersion": version}
        client.patch(CLAIMS, name, {"metadata": held})


def release_claim(client: KubernetesClient, name: str) -> None:
    """Let a held claim go; nothing happens when there is none."""
    try:
        metadata = client.get(CLAIMS, name)["metadata"]
    except NotFoundError:
        return
    left = [entry for entry in metadata.get("finalizers") or [] if entry != HOLD_FINALIZER]
    patch = {"metadata": {"finalizers": left, "resourceVersion": metadata["resourceVersion"]}}
    client.patch(CLAIMS, name, patch)


def delete_claim(client: KubernetesClient, name: str, uid: str) -> None:
    """Delete this very claim; it goes when no pod has it any more."""
    client.delete(CLAIMS, name, uid)


def _storage(spec: Document) -> str:
    return str(((spec.get("resources") or {}).get("requests") or {}).get("storage", ""))
