"""The client of the routers' REST API, against a small HTTPS server."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from innodb_cluster.effects.router_rest import RouterAddress, RouterRest
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from tests.contract.mysql.certificates import Certificates, make_certificates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = "/api/20190715"
PASSWORD = "s3cret: with a colon"


class Answers(BaseHTTPRequestHandler):
    """Answers that a router gives."""

    documents: ClassVar[dict[str, tuple[int, bytes]]] = {
        f"{ROOT}/routes/rw/health": (HTTPStatus.OK, b'{"isAlive": true}'),
        f"{ROOT}/routes/ro/health": (HTTPStatus.INTERNAL_SERVER_ERROR, b'{"isAlive": false}'),
        f"{ROOT}/routes/x_rw/health": (HTTPStatus.OK, b"<html>not a router"),
        f"{ROOT}/routes/rw/destinations": (
            HTTPStatus.OK,
            json.dumps(
                {"items": [{"address": "db-1", "port": 3306}, {"address": "db-0", "port": 3306}]}
            ).encode(),
        ),
        f"{ROOT}/metadata/main/status": (HTTPStatus.OK, b'{"refreshSucceeded": 7, "refreshFailed": 2}'),
    }

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(f"router:{PASSWORD}".encode()).decode()
        known = self.headers["Authorization"] == wanted
        status, body = self.documents.get(self.path, (HTTPStatus.NOT_FOUND, b"{}"))
        self.send_response(status if known else HTTPStatus.UNAUTHORIZED)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Give an authority and a certificate for localhost."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def port(certificates: Certificates) -> Iterator[int]:
    """Give the port of a server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def rest(port: int, certificates: Certificates) -> RouterRest:
    """Give a client that is set up right."""
    return RouterRest(RouterAddress("127.0.0.1", "localhost", port, str(certificates.ca)), PASSWORD)


def test_a_route_is_alive_only_when_the_router_says_so(rest: RouterRest) -> None:
    """500 is an answer: there is no destination. Neither is HTML a yes."""
    assert rest.is_alive("rw")
    assert not rest.is_alive("ro")
    assert not rest.is_alive("x_rw")


def test_destinations_are_sorted_addresses(rest: RouterRest) -> None:
    """Comparable with those of another router."""
    assert rest.destinations("rw") == ("db-0:3306", "db-1:3306")


def test_refreshes_of_the_metadata_are_counted(rest: RouterRest) -> None:
    """Good ones and failed ones."""
    assert rest.metadata_refreshes() == (7, 2)


def test_an_unknown_route_is_worth_another_try(rest: RouterRest) -> None:
    """The router may still be starting."""
    with pytest.raises(TemporaryError, match="404"):
        rest.destinations("nowhere")


def test_a_wrong_password_is_configuration(port: int, certificates: Certificates) -> None:
    """Trying again cannot help; the password is not in the message."""
    address = RouterAddress("127.0.0.1", "localhost", port, str(certificates.ca))
    with pytest.raises(ConfigurationError) as caught:
        RouterRest(address, "wrong-one").is_alive("rw")
    assert "wrong-one" not in str(caught.value)


def test_a_certificate_of_another_name_or_authority_is_not_taken(
    port: int, certificates: Certificates, tmp_path: Path
) -> None:
    """Who answers is checked before the password is sent."""
    other_name = RouterAddress("127.0.0.1", "db", port, str(certificates.ca))
    other_authority = RouterAddress("127.0.0.1", "localhost", port, str(make_certificates(tmp_path).ca))
    for address in (other_name, other_authority):
        with pytest.raises(TemporaryError, match="SSLCertVerificationError"):
            RouterRest(address, PASSWORD).is_alive("rw")


def test_no_answer_and_no_authority_are_worth_another_try(certificates: Certificates) -> None:
    """A pod that starts has neither."""
    closed = RouterAddress("127.0.0.1", "localhost", 1, str(certificates.ca))
    with pytest.raises(TemporaryError, match="does not answer"):
        RouterRest(closed, PASSWORD).is_alive("rw")
    without = RouterAddress("127.0.0.1", "localhost", 1, "/nowhere/ca.crt")
    with pytest.raises(TemporaryError, match="not there yet"):
        RouterRest(without, PASSWORD).is_alive("rw")
