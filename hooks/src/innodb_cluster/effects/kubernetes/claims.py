"""Claims of the servers' data, and the StatefulSet whose template they are made by."""

from innodb_cluster.effects.kubernetes.client import (
    CLAIMS,
    STATEFUL_SETS,
    KubernetesClient,
    NotFoundError,
)
from innodb_cluster.model.names import Names
from innodb_cluster.model.snapshot_settings import ClaimSettings


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
    size = str(spec["resources"]["requests"]["storage"])
    return ClaimSettings(spec.get("storageClassName"), tuple(spec["accessModes"]), size)


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
            client.delete(STATEFUL_SETS, names.cluster, document["metadata"]["uid"], orphan=True)
    except NotFoundError:
        return True
    return False
