"""The verbs on Kubernetes' objects: JSON documents in and out, errors by status.

Documents are plain dictionaries here and become typed values in the modules beside this one; none leaves this
package (``docs/adr/0008-kubernetes-client-without-models.md``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from innodb_cluster.effects.kubernetes.transport import Document, Transport, pod_transport
from innodb_cluster.model.errors import ConfigurationError, TemporaryError


class NotFoundError(TemporaryError):
    """There is no such object, or not yet."""


class ConflictError(TemporaryError):
    """Someone else changed or created the object in between."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object, as the API's paths name it."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str

    def path(self, namespace: str, name: str = "") -> str:
        """Give the path of the collection, or of one object in it."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        path = f"{root}/namespaces/{namespace}/{self.plural}"
        return f"{path}/{name}" if name else path


PODS = Resource("", "v1", "pods")
SECRETS = Resource("", "v1", "secrets")
CONFIG_MAPS = Resource("", "v1", "configmaps")
EVENTS = Resource("", "v1", "events")
LEASES = Resource("coordination.k8s.io", "v1", "leases")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets")
DEPLOYMENTS = Resource("apps", "v1", "deployments")
CLAIMS = Resource("", "v1", "persistentvolumeclaims")
VOLUME_SNAPSHOTS = Resource("snapshot.storage.k8s.io", "v1", "volumesnapshots")


class KubernetesClient:
    """The verbs on objects of one namespace."""

    def __init__(self, namespace: str, transport: Transport | None = None) -> None:
        """Talk to the API of this pod or kubeconfig, or through the given transport."""
        self.namespace = namespace
        self._transport = transport or _found_transport()

    def get(self, resource: Resource, name: str) -> Document:
        """Read one object; NotFoundError when there is none."""
        return self._call("GET", resource, name)

    def list(self, resource: Resource, labels: Mapping[str, str]) -> list[Document]:
        """Read the objects that carry all these labels."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        # Version 0 is answered from the API server's memory instead of etcd: right for what is polled.
        found = self._call("GET", resource, query={"labelSelector": selector, "resourceVersion": "0"})
        return list(found.get("items") or [])

    def create(self, resource: Resource, document: Document) -> Document:
        """Create an object; ConflictError when it exists."""
        return self._call("POST", resource, body=document)

    def patch(self, resource: Resource, name: str, document: Document, *, only_try: bool = False) -> Document:
        """Merge into an object; ConflictError when the document names a resourceVersion that has passed.

        With ``only_try`` everything is checked and nothing is stored.
        """
        query = {"dryRun": "All"} if only_try else None
        return self._call("PATCH", resource, name, query=query, body=document)

    def delete(
        self,
        resource: Resource,
        name: str,
        uid: str = "",
        grace_seconds: int | None = None,
        *,
        orphan: bool = False,
    ) -> None:
        """Ask for an object's deletion; ConflictError when a uid is given and the name is another one's by now.

        With ``orphan`` what it owns stays; the object may stay a moment too, until that is set free.
        """
        options: Document = {"preconditions": {"uid": uid}} if uid else {}
        if orphan:
            options["propagationPolicy"] = "Orphan"
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        self._call("DELETE", resource, name, body=options)

    def _call(
        self,
        method: str,
        resource: Resource,
        name: str = "",
        *,
        query: Mapping[str, str] | None = None,
        body: Document | None = None,
    ) -> Document:
        status, document = self._transport.send(
            method, resource.path(self.namespace, name), query or {}, body
        )
        if status < 300:
            return document
        raise _error(status, f"{method} {resource.plural} {name}".rstrip(), document)


def _found_transport() -> Transport:
    """Find the API: by the service account of this pod, else by KUBECONFIG."""
    if found := pod_transport():
        return found
    from innodb_cluster.effects.kubernetes.kubeconfig import KubeconfigTransport  # noqa: PLC0415 - see transport.py

    return KubeconfigTransport()


def _error(status: int, call: str, document: Document) -> ConfigurationError | TemporaryError:
    """Sort an answer by its HTTP status; the API's own message is shown, never looked at."""
    reason = f"Kubernetes answered {status} to {call}: {document.get('message', '')}"
    match status:
        case 404:
            return NotFoundError(reason)
        case 409:
            return ConflictError(reason)
        case 403:
            return ConfigurationError(reason, "the Role of this release must allow it; see the chart's RBAC")
        case 400 | 405 | 413 | 415 | 422:
            return ConfigurationError(reason)
        case _:
            return TemporaryError(reason)
