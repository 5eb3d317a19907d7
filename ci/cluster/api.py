"""The few calls to the API server that starting a cluster takes."""

import base64
import datetime as dt
import http.client
import json
import ssl
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FIELD_MANAGER = "local-cluster"
TIMEOUT_SECONDS = 10.0


class ApiError(Exception):
    """The API server refused a call."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body[:500]}")
        self.status = status


@dataclass(slots=True)
class Api:
    """A client with the rights of a kubeconfig."""

    kubeconfig: Path
    _context: ssl.SSLContext | None = field(default=None, init=False)
    _address: tuple[str, int] = field(default=("", 0), init=False)

    def _connect(self) -> http.client.HTTPSConnection:
        if self._context is None:
            document = json.loads(self.kubeconfig.read_text())
            cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
            authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
            context = ssl.create_default_context(cadata=authority)
            with tempfile.NamedTemporaryFile() as pair:
                pair.write(base64.b64decode(user["client-certificate-data"]))
                pair.write(base64.b64decode(user["client-key-data"]))
                pair.flush()
                context.load_cert_chain(pair.name)
            server = urlsplit(cluster["server"])
            self._context, self._address = context, (server.hostname or "", server.port or 443)
        host, port = self._address
        return http.client.HTTPSConnection(host, port, context=self._context, timeout=TIMEOUT_SECONDS)

    def call(
        self, method: str, path: str, body: str | None = None, content_type: str = "application/json"
    ) -> bytes:
        """One call. Raises ApiError on a status of 400 or more and OSError when the server does not answer."""
        connection = self._connect()
        try:
            data = None if body is None else body.encode()
            connection.request(
                method, path, data, {"Content-Type": content_type, "Accept": "application/json"}
            )
            response = connection.getresponse()
            answer = response.read()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise ApiError(response.status, answer.decode(errors="replace"))
        return answer

    def get(self, path: str) -> Any:
        """Read an object or a list."""
        return json.loads(self.call("GET", path))

    def apply(self, path: str, manifest: str) -> None:
        """Create or change an object by server-side apply; the manifest may be YAML or JSON."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        self.call("PATCH", path + query, manifest, "application/apply-patch+yaml")

    def delete(self, path: str) -> None:
        """Delete an object that may have gone already."""
        try:
            self.call("DELETE", path)
        except ApiError as error:
            if error.status != http.client.NOT_FOUND:
                raise

    def is_ready(self) -> bool:
        """Whether the API server says that it serves."""
        try:
            self.call("GET", "/readyz")
        except (ApiError, OSError):
            return False
        return True

    def ready_nodes(self) -> set[str]:
        """Names of the nodes whose condition Ready is true."""
        return {
            node["metadata"]["name"]
            for node in self.get("/api/v1/nodes")["items"]
            for condition in node["status"].get("conditions", ())
            if condition["type"] == "Ready" and condition["status"] == "True"
        }

    def nodes_alive_since(self, seconds: float) -> set[str]:
        """Names of the nodes whose kubelet has renewed its lease since then (seconds of the epoch)."""
        leases = self.get("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases")["items"]
        return {
            lease["metadata"]["name"]
            for lease in leases
            if dt.datetime.fromisoformat(lease["spec"]["renewTime"]).timestamp() >= seconds
        }


def wait_until(what: Any, timeout_seconds: float, poll_seconds: float = 0.1) -> bool:
    """Call `what` until it returns true; returns whether it did in time."""
    deadline = time.monotonic() + timeout_seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll_seconds)
    return True
