"""What the agent answers the kubelet, over real sockets."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from innodb_cluster.agent.http import serve
from innodb_cluster.agent.metrics import Metrics
from innodb_cluster.agent.readiness import Readiness


@pytest.fixture
def mysqld(tmp_path: Path) -> Path:
    """Where mysqld's socket will be."""
    return tmp_path / "mysqld.sock"


@pytest.fixture
def address(mysqld: Path) -> Iterator[str]:
    """Of an agent that serves."""
    server = serve(Readiness(), Metrics("db", "db-0"), port=0, socket_path=str(mysqld), poll_seconds=0.01)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def greeting(path: Path) -> Iterator[None]:
    """Begin to talk to whoever connects, as mysqld does."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def greet() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.send(b"J")

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield
        thread.join(timeout=5)


def status(url: str) -> int:
    """Ask as the kubelet does."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_a_server_has_started_when_mysqld_greets(address: str, mysqld: Path) -> None:
    """Before, its socket is missing; whether the member is in its group is another matter."""
    assert status(f"{address}/startz") == 503
    with greeting(mysqld):
        assert status(f"{address}/startz") == 200
    assert status(f"{address}/healthz") == 200
    assert status(f"{address}/other") == 404
