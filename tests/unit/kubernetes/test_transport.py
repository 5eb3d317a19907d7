"""A pod reaches the API by its own service account, whose token the kubelet renews."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from innodb_cluster.effects.kubernetes.transport import PodTransport, pod_transport
from innodb_cluster.model.errors import TemporaryError

Seen = list[dict[str, Any]]


@contextmanager
def api(status: int, answer: bytes) -> Iterator[tuple[str, Seen]]:
    """Serve one answer to everything, and keep what was asked."""
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_PATCH(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append({"method": self.command, "path": self.path, "body": body, **self.headers})
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()


def test_the_token_is_read_for_each_request(tmp_path: Path) -> None:
    """The kubelet replaces it while the agent runs."""
    with api(200, b'{"kind": "Pod"}') as (host, seen):
        transport = PodTransport(host, tmp_path)
        for token in ("first\n", "second"):
            (tmp_path / "token").write_text(token)
            assert transport.send("GET", "/api/v1/pods", {"a": "b c"}, None) == (200, {"kind": "Pod"})
    assert [request["Authorization"] for request in seen] == ["Bearer first", "Bearer second"]
    assert seen[0]["path"] == "/api/v1/pods?a=b+c"


def test_a_patch_says_that_it_is_one(tmp_path: Path) -> None:
    """As JSON, merged into what is there."""
    (tmp_path / "token").write_text("t")
    with api(409, b'{"message": "conflict"}') as (host, seen):
        answer = PodTransport(host, tmp_path).send("PATCH", "/x", {}, {"data": {"a": None}})
    assert answer == (409, {"message": "conflict"})
    assert seen[0]["Content-Type"] == "application/merge-patch+json"
    assert json.loads(seen[0]["body"]) == {"data": {"a": None}}


def test_an_answer_that_is_no_document_counts_as_an_empty_one(tmp_path: Path) -> None:
    """A proxy's page."""
    (tmp_path / "token").write_text("t")
    with api(502, b"<html>bad gateway") as (host, _):
        assert PodTransport(host, tmp_path).send("GET", "/x", {}, None) == (502, {})


def test_no_answer_is_temporary_and_says_why(tmp_path: Path) -> None:
    """Whether the API or the token is away."""
    with pytest.raises(TemporaryError, match="the Kubernetes API does not answer: FileNotFoundError"):
        PodTransport("http://127.0.0.1:9", tmp_path).send("GET", "/x", {}, None)
    (tmp_path / "token").write_text("t")
    with pytest.raises(TemporaryError, match="the Kubernetes API does not answer: NewConnectionError"):
        PodTransport("http://127.0.0.1:9", tmp_path).send("GET", "/x", {}, None)


def test_outside_of_a_pod_there_is_no_such_way(tmp_path: Path) -> None:
    """Then a kubeconfig is taken."""
    assert pod_transport(tmp_path) is None
