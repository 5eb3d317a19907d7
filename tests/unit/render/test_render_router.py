"""A router's option file and the state that it begins with."""

import json
from configparser import ConfigParser
from pathlib import Path

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.jobs.render import render_router, router_option_file, router_state
from innodb_cluster.model.names import router_id

POD = PodConfiguration(name="db", namespace="ns", pod="db-router-5d8f-x2x4z", log_level="debug")


def parsed(text: str) -> ConfigParser:
    """Read the file as the router does."""
    parser = ConfigParser(interpolation=None)
    parser.read_string(text)
    return parser


def test_five_routes_and_rest_listen_on_their_ports() -> None:
    """Those that the Service leads to."""
    found = parsed(router_option_file(POD, "::"))
    ports = {
        section.removeprefix("routing:"): found[section]["bind_port"]
        for section in found.sections()
        if section.startswith("routing:")
    }
    assert ports == {"rw": "6446", "ro": "6447", "x_rw": "6448", "x_ro": "6449", "rw_split": "6450"}
    assert found["http_server"]["port"] == "8443"
    assert found["http_server"]["bind_address"] == "::"


def test_it_knows_itself_and_its_cluster() -> None:
    """By the id that the metadata has for this pod."""
    found = parsed(router_option_file(POD, "::"))["metadata_cache:main"]
    assert found["router_id"] == str(router_id("db-router-5d8f-x2x4z"))
    assert found["metadata_cluster"] == "db"


def test_addresses_of_members_are_asked_for_at_every_connection() -> None:
    """A member's pod comes back with another one."""
    found = parsed(router_option_file(POD, "::"))
    assert found["host_cache"]["enabled"] == "0"


def test_no_password_is_in_it(tmp_path: Path) -> None:
    """They lie in the keyring, which the router's own tools make."""
    assert "password" not in router_option_file(POD, "::").lower()


def test_the_log_level_follows_the_pods() -> None:
    """An unknown one is INFO."""
    assert parsed(router_option_file(POD, "::"))["logger"]["level"] == "DEBUG"
    other = POD.model_copy(update={"log_level": "chatty"})
    assert parsed(router_option_file(other, "::"))["logger"]["level"] == "INFO"


def test_it_begins_with_every_server_that_there_may_be() -> None:
    """And with no group id: a wrong one would keep it from routing for ever."""
    state = json.loads(router_state(POD))
    servers = [f"mysql://db-{ordinal}.db-instances.ns.svc.cluster.local:3306" for ordinal in range(9)]
    assert state["metadata-cache"] == {"cluster-metadata-servers": servers}


def test_files_and_folders_are_made(tmp_path: Path) -> None:
    """Again and again, as an agent starts."""
    paths = Paths(conf=tmp_path)
    render_router(POD, paths)
    render_router(POD, paths)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "data",
        "mysqlrouter.conf",
        "run",
        "state.first.json",
        "state.json",
    ]


def test_what_a_running_router_knows_of_the_members_is_left_alone(tmp_path: Path) -> None:
    """An agent that starts again has nothing better."""
    paths = Paths(conf=tmp_path)
    render_router(POD, paths)
    paths.router_state_file.write_text("the router's own")
    render_router(POD, paths)
    assert paths.router_state_file.read_text() == "the router's own"
