"""Secrets: read, made and merged, as text. Their values never reach a log or an error."""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from innodb_cluster.effects.kubernetes.client import SECRETS, ConflictError, KubernetesClient, NotFoundError
from innodb_cluster.effects.kubernetes.labels import owned
from innodb_cluster.model.names import Names


def read_secret(client: KubernetesClient, name: str) -> dict[str, str] | None:
    """Give a Secret's values, None when there is no such Secret.

    Bytes that are not UTF-8 become replacement characters: no value of this product has any.
    """
    try:
        data = client.get(SECRETS, name).get("data") or {}
    except NotFoundError:
        return None
    return {key: b64decode(value).decode(errors="replace") for key, value in data.items()}


def create_secret(client: KubernetesClient, names: Names, name: str, values: Mapping[str, str]) -> bool:
    """Make a Secret that outlives the release; False when it exists, which is left as it is."""
    document = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": name, "labels": owned(names)},
        "data": _encoded(values),
    }
    try:
        client.create(SECRETS, document)
    except ConflictError:
        return False
    return True


def patch_secret(client: KubernetesClient, name: str, values: Mapping[str, str]) -> None:
    """Set these keys of a Secret and leave the others; NotFoundError without one."""
    client.patch(SECRETS, name, {"data": _encoded(values)})


def _encoded(values: Mapping[str, str]) -> dict[str, str]:
    return {key: b64encode(value.encode()).decode() for key, value in values.items()}
