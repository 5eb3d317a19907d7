"""The router's agent over real sockets, with a REST interface in memory."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from innodb_cluster.agent.router import ProbeServer, RouteHealth, RouterProbe, RouterRest, handler_for
from innodb_cluster.effects.files.paths import Paths
from tests.unit.interpreter import run_python
from tests.unit.router_agent.rest import PASSWORD, RestServer


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[RestServer]:
    """A REST interface whose routes are alive."""
    server = RestServer(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Mounts of a router pod whose cluster exists."""
    found = Paths(internal=tmp_path / "internal", state=tmp_path / "state")
    found.internal.mkdir()
    found.state.mkdir()
    (found.internal / "restPassword").write_text(PASSWORD)
    (found.state / "bootstrapped").write_text("2026-01-01T00:00:00Z")
    return found


@pytest.fixture
def client(paths: Paths, rest: RestServer) -> Iterator[RouterRest]:
    """The agent's side of the REST interface."""
    with closing(RouterRest(paths.internal / "restPassword", rest.port)) as found:
        yield found


@pytest.fixture
def probe(paths: Paths, rest: RestServer, client: RouterRest) -> RouterProbe:
    """A probe of that interface, whose own port stands for the routes' too."""
    return RouterProbe(paths, client, (rest.port,))


@contextmanager
def answering(probe: RouterProbe) -> Iterator[int]:
    """Answer probes on a free port."""
    with ProbeServer(0, handler_for(probe)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def get(port: int, path: str) -> tuple[int, str]:
    """Ask as the kubelet does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


def test_probes_are_answered_with_a_reason(probe: RouterProbe, rest: RestServer) -> None:
    """200 with a destination, 503 without; the agent's own health is another matter."""
    with answering(probe) as port:
        assert get(port, "/readyz") == (200, "route rw has a destination\n")
        rest.alive = {"rw": False, "ro": True}
        assert get(port, "/readyz") == (200, "route ro has a destination\n")
        rest.alive = {"rw": False, "ro": False}
        assert get(port, "/readyz") == (503, "no route has a destination\n")
        assert get(port, "/healthz")[0] == 200
        assert get(port, "/other")[0] == 404


def test_one_connection_is_kept(client: RouterRest, rest: RestServer) -> None:
    """A TLS handshake every second would be most of the agent's work."""
    for _ in range(5):
        assert client.health() == {"rw": RouteHealth.ALIVE}
    assert rest.connections == 1


def test_a_router_that_was_restarted_is_found_again(client: RouterRest, rest: RestServer) -> None:
    """The kept connection is dead, and nobody answers for a while."""
    assert client.health() == {"rw": RouteHealth.ALIVE}
    assert client._connection is not None
    assert client._connection.sock is not None
    client._connection.sock.close()
    assert client.health() == {"rw": RouteHealth.ALIVE}


def test_a_router_that_does_not_answer_is_not_ready(paths: Paths) -> None:
    """Nobody listens at all."""
    nobody = RouterProbe(paths, RouterRest(paths.internal / "restPassword", 9), (9,))
    assert not nobody.readiness().is_ready


def test_another_password_is_unknown_and_not_dead(probe: RouterProbe, rest: RestServer) -> None:
    """The Secret was changed and the router not restarted yet."""
    rest.password = "before"
    assert probe.rest.health() == {
        "rw": RouteHealth.UNKNOWN,
        "ro": RouteHealth.UNKNOWN,
    }
    assert probe.readiness().is_ready


@pytest.mark.parametrize("record", ["", None])
def test_without_a_cluster_it_is_ready_as_soon_as_it_listens(
    probe: RouterProbe, paths: Paths, rest: RestServer, record: str | None
) -> None:
    """The record is empty, or its ConfigMap was not there when the pod started."""
    state = paths.state / "bootstrapped"
    state.unlink()
    if record is not None:
        state.write_text(record)
    rest.alive = {"rw": False, "ro": False}
    assert probe.readiness().is_ready


def test_changes_are_logged_once(probe: RouterProbe, capfd: pytest.CaptureFixture[str]) -> None:
    """And nothing of the password."""
    for _ in range(3):
        probe.readiness()
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert 'ready detail="route rw has a destination"' in said
    assert PASSWORD not in said


def test_it_imports_nothing_heavy() -> None:
    """Standard library and a few modules of our own: 30 MiB is all it has."""
    code = (
        "import sys; from innodb_cluster import cli; from innodb_cluster.agent import router;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    found = run_python(code)
    heavy = {"kubernetes", "pydantic", "typer", "structlog", "mysql", "jinja2", "cryptography", "urllib3"}
    assert not heavy & set(found.stdout.split())


def test_a_watch_that_crashes_ends_the_agent() -> None:
    """It would only be missing otherwise; what failed is said."""
    code = """if True:
        import threading
        from types import SimpleNamespace
        from innodb_cluster.agent import router

        def step():
            raise OSError(28, "No space left on device")

        threading.excepthook = router.end_with
        watches, clock = [SimpleNamespace(topic="certificate", step=step)], SimpleNamespace(sleep=lambda _: None)
        threading.Thread(target=router.watch, args=(watches, clock), daemon=True).start()
        threading.Event().wait(60)
    """
    ended = run_python(code, check=False)
    assert ended.returncode == 1
    assert "No space left on device" in ended.stderr
