"""The agent's HTTP endpoints: ``/readyz`` of the member, ``/healthz`` and ``/metrics`` of the agent itself."""

import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST

from innodb_cluster.agent.metrics import Metrics
from innodb_cluster.agent.readiness import Readiness

PORT = 8080
PLAIN = "text/plain; charset=utf-8"


def serve(readiness: Readiness, metrics: Metrics, port: int = PORT) -> ThreadingHTTPServer:
    """Start to answer in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_GET(self) -> None:
            match self.path:
                case "/readyz":
                    ready, why = readiness.check()
                    self._answer(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, why)
                case "/healthz":
                    self._answer(HTTPStatus.OK, "the agent answers")
                case "/metrics":
                    self._send(HTTPStatus.OK, metrics.render(), CONTENT_TYPE_LATEST)
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, "try /readyz, /healthz or /metrics")

        def _answer(self, status: HTTPStatus, text: str) -> None:
            self._send(status, f"{text}\n".encode(), PLAIN)

        def _send(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            # A probe that gave up has hung up: the next one asks again.
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002 - the standard library's name
            """Keep probes out of the log."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server
