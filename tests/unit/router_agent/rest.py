"""A router's REST interface in memory: TLS, basic authentication and route health as mysqlrouter 9.7 has them."""

import json
import ssl
import threading
from base64 import b64encode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from innodb_cluster.effects.files.certificates import Issued, issue_authority, issue_leaf

PASSWORD = "rest-password"


class RestServer:
    """Answers on a free port of the loopback until it is stopped, with the certificate that it found when it started."""

    def __init__(self, folder: Path) -> None:
        self.alive = {"rw": True, "ro": True}
        self.password = PASSWORD
        self.connections = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = _context(folder).wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        rest = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                rest.connections += 1
                super().setup()

            def do_GET(self) -> None:
                account = b64encode(f"router:{rest.password}".encode()).decode()
                if self.headers["Authorization"] != f"Basic {account}":
                    self._answer(401, {"title": "Unauthorized"})
                    return
                route = self.path.split("/")[-2]
                alive = rest.alive[route]
                self._answer(200 if alive else 500, {"isAlive": alive})

            def log_message(self, *_arguments: object) -> None:
                pass

            def _answer(self, status: int, document: dict[str, object]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def put_certificate(folder: Path, authority: Issued) -> None:
    """Put a new certificate there, with its key and its CA, as the kubelet would."""
    leaf = issue_leaf(authority, "router", ["elsewhere"], datetime.now(UTC))
    (folder / "ca.crt").write_text(authority.certificate)
    (folder / "tls.crt").write_text(leaf.certificate)
    (folder / "tls.key").write_text(leaf.private_key)


def _context(folder: Path) -> ssl.SSLContext:
    if not (folder / "tls.crt").exists():
        put_certificate(folder, issue_authority("test CA", datetime.now(UTC)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context
