"""Asks a MySQL Router's REST API what it routes, over HTTPS, with the standard library alone.

A router is asked by its pod's address while its certificate names the Service, so the
name to check is given apart from the address to connect to. Paths and answers are those
of the REST API reference in the MySQL Router manual (version 20190715).
"""

import base64
import http.client
import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.names import ROUTER_REST_ACCOUNT
from innodb_cluster.model.routes import METADATA_CACHE, REST_PORT

_ROOT = "/api/20190715"
_MAX_ANSWER_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class RouterAddress:
    """How to reach one router's REST API."""

    host: str
    """Address to connect to: the pod's."""
    server_name: str
    """Name that the certificate must have: the Service's."""
    port: int = REST_PORT
    ca_path: str | None = "/etc/innodb-cluster/tls/ca.crt"
    """Authority to check the certificate with; None checks nothing (tests only)."""
    timeout_seconds: float = 3.0


@dataclass(frozen=True, slots=True)
class RouterRest:
    """One router's REST API."""

    address: RouterAddress
    password: str
    user: str = ROUTER_REST_ACCOUNT

    def is_alive(self, route: str) -> bool:
        """Whether a route has a destination that it can send clients to.

        Raises:
            TemporaryError: the router does not answer, or not yet in full.
            ConfigurationError: it does not take the password.

        """
        status, document = self._get(f"/routes/{route}/health")
        return status == http.HTTPStatus.OK and document.get("isAlive") is True

    def destinations(self, route: str) -> tuple[str, ...]:
        """Give ``host:port`` of every destination of a route, sorted; raises what ``is_alive`` raises."""
        document = self._get_known(f"/routes/{route}/destinations")
        return tuple(sorted(f"{entry['address']}:{entry['port']}" for entry in document.get("items", ())))

    def metadata_refreshes(self) -> tuple[int, int]:
        """Give how many reads of the metadata succeeded and failed; raises what ``is_alive`` raises."""
        document = self._get_known(f"/metadata/{METADATA_CACHE}/status")
        return int(document["refreshSucceeded"]), int(document["refreshFailed"])

    def version(self) -> str:
        """Give the router's own version; raises what ``is_alive`` raises."""
        return str(self._get_known("/router/status").get("version", ""))

    def _get_known(self, path: str) -> dict[str, Any]:
        status, document = self._get(path)
        if status != http.HTTPStatus.OK:
            raise TemporaryError(f"router {self.address.host} answers {status} to {path}")
        return document

    def _get(self, path: str) -> tuple[int, dict[str, Any]]:
        token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Authorization": f"Basic {token}", "Accept": "application/json", "Connection": "close"}
        connection = _Connection(self.address)
        try:
            connection.request("GET", _ROOT + path, headers=headers)
            with connection.getresponse() as answer:
                status, body = answer.status, answer.read(_MAX_ANSWER_BYTES)
        except (OSError, http.client.HTTPException) as error:
            reason = f"router {self.address.host} does not answer: {type(error).__name__}: {error}"
            raise TemporaryError(reason) from error
        finally:
            connection.close()
        if status in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
            reason = f"router {self.address.host} does not take the REST password"
            raise ConfigurationError(reason, "restart the router's pod, so that it reads the Secret again")
        return status, _document(body)


class _Connection(http.client.HTTPSConnection):
    """Connects to one name and checks the certificate of another."""

    def __init__(self, address: RouterAddress) -> None:
        self._address = address
        self._tls = _tls_context(address.ca_path)
        super().__init__(address.host, address.port, timeout=address.timeout_seconds, context=self._tls)

    def connect(self) -> None:
        address = self._address
        plain = socket.create_connection((address.host, address.port), address.timeout_seconds)
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=address.server_name)
        except BaseException:
            plain.close()
            raise


def _tls_context(ca_path: str | None) -> ssl.SSLContext:
    if ca_path is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not Path(ca_path).is_file():
        raise TemporaryError(f"{ca_path} is not there yet", "check that the certificate Secrets exist")
    return ssl.create_default_context(cafile=ca_path)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body) if body else {}
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
