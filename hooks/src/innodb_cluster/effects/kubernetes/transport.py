"""Requests to the Kubernetes API: from inside a pod by ``urllib3`` alone.

The ``kubernetes`` package knows every way in that a kubeconfig can name, and costs 19 MiB and
0.1 s of processor time wherever it is imported. A pod has one way, two files and two variables, so there the
package is not needed; outside of a pod ``kubeconfig.py`` takes it (``docs/adr/0008``).
"""

import json
import os
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3
from urllib3.util.ssl_ import create_urllib3_context

from innodb_cluster.model.errors import TemporaryError

Document = dict[str, Any]

CONNECT_TIMEOUT_SECONDS = 3
READ_TIMEOUT_SECONDS = 10
USER_AGENT = "innodb-cluster"
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
CONNECTIONS = 2


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


class PodTransport:
    """The real API, as the service account of this pod."""

    def __init__(self, host: str, account: Path = SERVICE_ACCOUNT) -> None:
        """Get ready; connections are made when they are needed."""
        self._host = host
        self._account = account
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=CONNECTIONS,
            retries=retries(),
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
            ca_certs=str(account / "ca.crt"),
            ssl_context=lenient_context(),
        )

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        """Send a request; see the protocol."""
        try:
            # Read anew each time: the kubelet renews it.
            token = (self._account / "token").read_text(encoding="ascii").strip()
            headers = {**headers_for(method, body), "Authorization": f"Bearer {token}"}
            response = self._pool.request(
                method,
                self._host + target(path, query),
                headers={**headers, "User-Agent": USER_AGENT},
                body=None if body is None else json.dumps(body),
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise no_answer(error) from error
        return response.status, decoded(response.data)


def pod_transport(account: Path = SERVICE_ACCOUNT) -> PodTransport | None:
    """Give the way that this pod has; None outside of a pod."""
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (account / "token").is_file():
        return None
    return PodTransport(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}", account)


def retries() -> urllib3.Retry:
    """One try more, and only for a connection that died while it idled: callers decide when to try again."""
    return urllib3.Retry(total=1, backoff_factor=0, status=0, redirect=0)


def lenient_context() -> ssl.SSLContext:
    """Check certificates as Go's clients do.

    Python 3.13 and later refuse authorities without key identifiers (VERIFY_X509_STRICT); many clusters have such a one.
    """
    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def headers_for(method: str, body: Document | None) -> dict[str, str]:
    """Say what is sent and what is expected."""
    if body is None:
        return {"Accept": JSON}
    return {"Accept": JSON, "Content-Type": MERGE_PATCH if method == "PATCH" else JSON}


def target(path: str, query: Mapping[str, str]) -> str:
    """Give path and query as one."""
    return f"{path}?{urlencode(query)}" if query else path


def decoded(data: bytes | None) -> Document:
    """Read a JSON document; a proxy's page of HTML counts as an empty one."""
    with suppress(ValueError):
        document = json.loads(data or b"{}")
        if isinstance(document, dict):
            return document
    return {}


def no_answer(error: Exception) -> TemporaryError:
    """Name the cause behind a retry error: that is what a person wants to read."""
    cause = getattr(error, "reason", None)
    named = cause if isinstance(cause, Exception) else error
    return TemporaryError(f"the Kubernetes API does not answer: {type(named).__name__}: {named}")
