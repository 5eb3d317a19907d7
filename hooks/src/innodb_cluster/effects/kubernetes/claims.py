"""Claims of the servers' data, and the StatefulSet whose template they are made by."""

from innodb_cluster.effects.kubernetes.client import (
    CLAIMS,
    STATEFUL_SETS,
    Document,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.model.claims import ClaimSettings, ClaimView
from innodb_cluster.model.names import Names


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
    spec, status = document["spec"], document.get("status") or {}
    return ClaimView(
        name, _storage(spec), spec.get("storageClassName") or "", is_bound=status.get("phase") == "Bound"
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


def _storage(spec: Document) -> str:
    return str(spec["resources"]["requests"]["storage"])
