"""The agent's HTTP endpoints: ``/readyz`` of the member, ``/healthz`` of the agent itself."""

import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from innodb_cluster.agent.readiness import Readiness

PORT = 8080


def serve(readiness: Readiness, port: int = PORT) -> ThreadingHTTPServer:
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
                case _:
                    self._answer(HTTPStatus.NOT_FOUND, "try /readyz or /healthz")

        def _answer(self, status: HTTPStatus, text: str) -> None:
            body = f"{text}\n".encode()
            # A probe that gave up has hung up: the next one asks again.
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *_arguments: object) -> None:  # noqa: A002 - the standard library's name
            """Keep probes out of the log."""

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server
