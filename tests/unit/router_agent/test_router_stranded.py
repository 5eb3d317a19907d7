"""A router that knows only servers that are gone begins anew with the name of all."""

import json
from pathlib import Path

import pytest

from innodb_cluster.agent.router import RouteHealth, has_no_destination
from innodb_cluster.agent.router_stranded import LOOKS, StrandedWatch, resolve
from innodb_cluster.effects.files.paths import Paths

SERVICE = "mysql-instances.ns.svc.cluster.local"
ADDRESSES = {
    SERVICE: {"10.0.0.1", "10.0.0.2", "10.0.0.3"},
    "mysql-0.here": {"10.0.0.1"},
    "mysql-1.here": {"10.0.0.2"},
    "mysql-2.here": {"10.0.0.3"},
}


class Router:
    """What a watch sees of a router."""

    def __init__(self, folder: Path, *known: str) -> None:
        self.routes = False
        self.paths = Paths(conf=folder, router_run=folder)
        self.paths.router_first_state_file.write_text(state(SERVICE))
        self.paths.router_state_file.write_text(state(*known))
        self.watch = StrandedWatch(
            self.paths, lambda: not self.routes, lambda host: frozenset(ADDRESSES.get(host, ()))
        )

    def look(self, times: int = LOOKS) -> str:
        """Give what is said at last."""
        return [self.watch.step() for _ in range(times)][-1]

    @property
    def begins_anew(self) -> bool:
        """Whether it is started again with the first state."""
        is_first = self.paths.router_state_file.read_text() == state(SERVICE)
        assert is_first == self.paths.restart_order.exists()
        return is_first


def state(*hosts: str) -> str:
    """Give a state file as mysqlrouter 9.7 writes it."""
    servers = [f"mysql://{host}:3306" for host in hosts]
    return json.dumps({"metadata-cache": {"cluster-metadata-servers": servers}, "version": "1.0.0"})


def test_it_begins_anew_when_there_is_a_server_that_it_does_not_know(tmp_path: Path) -> None:
    """The others may be lost for good."""
    router = Router(tmp_path, "mysql-0.here", "mysql-1.here")
    assert "10.0.0.3" in router.look()
    assert router.begins_anew


def test_one_look_is_not_enough(tmp_path: Path) -> None:
    """A failover takes some seconds, and so does a start."""
    router = Router(tmp_path, "mysql-0.here")
    router.look(LOOKS - 1)
    router.routes = True
    router.look(1)
    router.routes = False
    router.look(LOOKS - 1)
    assert not router.begins_anew


def test_in_a_complete_outage_a_router_that_knows_everybody_is_left_alone(tmp_path: Path) -> None:
    """It waits for them; a restart would tell it nothing."""
    router = Router(tmp_path, "mysql-0.here", "mysql-1.here", "mysql-2.here")
    assert router.look(10) == ""
    assert not router.begins_anew


def test_a_router_that_routes_is_left_alone(tmp_path: Path) -> None:
    """However little it knows."""
    router = Router(tmp_path, "mysql-0.here")
    router.routes = True
    assert router.look(10) == ""
    assert not router.begins_anew


def test_a_name_server_that_does_not_answer_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is unknown then."""
    router = Router(tmp_path, "mysql-0.here")
    monkeypatch.setattr(router.watch, "resolve", lambda _host: frozenset())
    assert router.look(10) == ""
    assert not router.begins_anew


@pytest.mark.parametrize("text", ["", "{", "[]", '{"metadata-cache": {}}', '{"metadata-cache": null}'])
def test_a_state_file_that_says_nothing_counts_as_nobody(tmp_path: Path, text: str) -> None:
    """mysqlrouter may be writing it."""
    router = Router(tmp_path)
    router.paths.router_state_file.write_text(text)
    router.look()
    assert router.begins_anew


def test_without_the_first_state_nothing_happens(tmp_path: Path) -> None:
    """The agent has not written it yet."""
    router = Router(tmp_path, "mysql-0.here")
    router.paths.router_first_state_file.unlink()
    assert router.look(10) == ""


def test_only_the_routers_own_word_counts() -> None:
    """Silence and a wrong password are no answer."""
    dead, unknown, alive = RouteHealth.DEAD, RouteHealth.UNKNOWN, RouteHealth.ALIVE
    assert has_no_destination({"rw": dead, "ro": dead})
    assert not has_no_destination({})
    assert not has_no_destination({"rw": dead, "ro": unknown})
    assert not has_no_destination({"rw": dead, "ro": alive})


def test_names_are_resolved_and_unknown_ones_have_no_address() -> None:
    """As the pod's name server has them."""
    assert "127.0.0.1" in resolve("localhost")
    assert resolve("nowhere.invalid") == frozenset()
