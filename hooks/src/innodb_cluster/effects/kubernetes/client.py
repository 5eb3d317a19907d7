"""One way to the Kubernetes API: JSON documents, time-outs on every call, errors by status.

The transport is that of the ``kubernetes`` package (in-cluster or kubeconfig, rotating
tokens, proxies), without its generated models, which cost 21 MiB in every server pod
(``docs/adr/0008-kubernetes-client-without-models.md``). Documents are plain dictionaries
here and become typed values in the modules beside this one; none leaves this package.
"""

import json
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3
from kubernetes.client.api_client import ApiClient
from kubernetes.client.configuration import Configuration
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
from urllib3.util.ssl_ import create_urllib3_context

from innodb_cluster.model.errors import ConfigurationError, TemporaryError

Document = dict[str, Any]

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 10
MERGE_PATCH = "application/merge-patch+json"


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


class Transport(Protocol):
    """Sends one request and gives status and document: the seam that the in-memory API stands in for."""

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Send a request.

        Raises:
            TemporaryError: no answer came within the time-outs.

        """
        ...


class HttpTransport:
    """The real API over HTTPS."""

    def __init__(self, kubeconfig: Path | None = None) -> None:
        """Find the API: by this kubeconfig, else by the service account of this pod, else by KUBECONFIG."""
        configuration = _found_configuration(kubeconfig)
        # One try more, and only for a connection that died while it idled: callers decide when to try again.
        configuration.retries = urllib3.Retry(total=1, backoff_factor=0, status=0, redirect=0)
        configuration.connection_pool_maxsize = 2
        self._client = ApiClient(configuration)
        # Python 3.13 and later refuse authorities without key identifiers (VERIFY_X509_STRICT); many clusters have
        # such a one, and Go's clients take it.
        context = create_urllib3_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self._client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = context
        self._client.user_agent = "innodb-cluster"

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Send a request; see the protocol."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = MERGE_PATCH if method == "PATCH" else "application/json"
        target = f"{path}?{urlencode(query)}" if query else path
        request = self._client.param_serialize(
            method, target, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        try:
            response = self._client.call_api(
                *request, _request_timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
            )
            data = response.read()  # type: ignore[no-untyped-call]
        except (ApiException, urllib3.exceptions.HTTPError, OSError) as error:
            raise TemporaryError(f"the Kubernetes API does not answer: {_named(error)}") from error
        return response.status, _decoded(data)


class KubernetesClient:
    """The verbs on objects of one namespace."""

    def __init__(self, namespace: str, transport: Transport | None = None) -> None:
        """Talk to the API of this pod or kubeconfig, or through the given transport."""
        self.namespace = namespace
        self._transport = transport or HttpTransport()

    def get(self, resource: Resource, name: str) -> Document:
        """Read one object; NotFoundError when there is none."""
        return self._call("GET", resource, name)

    def list(
        self, resource: Resource, labels: Mapping[str, str], fields: Mapping[str, str] | None = None
    ) -> list[Document]:
        """Read the objects that carry all these labels, and whose fields have these values."""
        # Version 0 is answered from the API server's memory instead of etcd: right for what is polled.
        query = {"labelSelector": _selector(labels), "resourceVersion": "0"}
        if fields:
            query["fieldSelector"] = _selector(fields)
        found = self._call("GET", resource, query=query)
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


def _found_configuration(kubeconfig: Path | None) -> Configuration:
    configuration = Configuration()
    try:
        if kubeconfig is None:
            with suppress(ConfigException):
                load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
                return configuration
        file = str(kubeconfig) if kubeconfig else None
        load_kube_config(config_file=file, client_configuration=configuration)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise ConfigurationError(
            f"there is no way to the Kubernetes API: {error}", "run in a pod, or set KUBECONFIG"
        ) from error
    return configuration


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


def _decoded(data: bytes | None) -> Document:
    """Read a JSON document; a proxy's page of HTML counts as an empty one."""
    with suppress(ValueError):
        document = json.loads(data or b"{}")
        if isinstance(document, dict):
            return document
    return {}


def _selector(wanted: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in wanted.items())


def _named(error: Exception) -> str:
    """Name the cause behind a retry error: that is what a person wants to read."""
    cause = getattr(error, "reason", None)
    return (
        f"{type(cause).__name__}: {cause}"
        if isinstance(cause, Exception)
        else f"{type(error).__name__}: {error}"
    )
