"""The agent's HTTP endpoints: ``/startz`` and ``/readyz`` of the server, ``/healthz`` and ``/metrics`` of the agent itself."""

import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST

from innodb_cluster.agent.metrics import Metrics
from innodb_cluster.agent.readiness import Readiness
from innodb_cluster.effects.mysql.connection import SOCKET
from innodb_cluster.effects.mysql.heartbeat import Beat, greets

PORT = 8080
PLAIN = "text/plain; charset=utf-8"
POLL_SECONDS = 60.0
"""How often the server looks whether it was told to stop, which nobody does: the process ends."""


def serve(
    readiness: Readiness,
    metrics: Metrics,
    port: int = PORT,
    socket_path: str = SOCKET,
    poll_seconds: float = POLL_SECONDS,
) -> ThreadingHTTPServer:
    """Start to answer in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_GET(self) -> None:
            match self.path:
                case "/startz":
                    answers = greets(socket_path) is Beat.ANSWERS
                    status = HTTPStatus.OK if answers else HTTPStatus.SERVICE_UNAVAILABLE
                    self._answer(status, "mysqld answers" if answers else "mysqld does not answer")
                case "/readyz":
                    ready, why = readiness.check()
                    self._answer(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, why)
                case "/healthz":
                    self._answer(HTTPStatus.OK, "the agent answers")
                case "/metrics":
                    self._send(HTTPStatus.OK, metrics.render(), CONTENT_TYPE_LATEST)
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, "try /startz, /readyz, /healthz or /metrics")

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
    threading.Thread(target=server.serve_forever, args=(poll_seconds,), name="http", daemon=True).start()
    return server
