"""A volume that was made from a snapshot becomes a new server; any other is left alone."""

import json
from pathlib import Path

import pytest

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.jobs.identity import claim_volume


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """A volume with a server's data, and the record's word on restores."""
    volume, state = tmp_path / "volume", tmp_path / "state"
    (volume / "data").mkdir(parents=True)
    state.mkdir()
    (volume / "data" / "auto.cnf").write_text("[auto]\nserver-uuid=x\n")
    (volume / "data" / "ibdata1").write_text("data")
    return Paths(data=volume / "data", mark=volume / "belongs-to", state=state)


def claimed(paths: Paths, name: str = "db-0", namespace: str = "ns") -> bool:
    """Start a pod on the volume."""
    return claim_volume(PodConfiguration(name="db", namespace=namespace, pod=name), paths)


def test_a_volume_of_an_earlier_version_is_taken_over_as_it_is(paths: Paths) -> None:
    """It bears no mark; where nothing was ever restored it is the pod's own."""
    assert not claimed(paths)
    assert paths.mark.read_text() == "ns/db-0\n"
    assert (paths.data / "auto.cnf").exists()


def test_an_own_volume_stays_the_same_server(paths: Paths) -> None:
    """At every restart of the pod."""
    claimed(paths)
    assert not claimed(paths)
    assert (paths.data / "auto.cnf").exists()


@pytest.mark.parametrize(("name", "namespace"), [("db-1", "ns"), ("db-0", "other")])
def test_a_volume_of_another_pod_becomes_a_new_server(paths: Paths, name: str, namespace: str) -> None:
    """Its snapshot was restored by hand, or into another release."""
    claimed(paths)
    assert claimed(paths, name, namespace)
    assert not (paths.data / "auto.cnf").exists()
    assert (paths.data / "ibdata1").read_text() == "data"


def test_a_restore_makes_a_new_server_once(paths: Paths) -> None:
    """Of the same pod's snapshot too; the record names the restore."""
    claimed(paths)
    (paths.state / "restore").write_text("first")
    assert claimed(paths)
    (paths.data / "auto.cnf").write_text("made anew by mysqld")
    assert not claimed(paths)
    assert (paths.data / "auto.cnf").exists()


def test_an_unmarked_volume_of_a_restore_becomes_a_new_server(paths: Paths) -> None:
    """The snapshot is of a version that marked nothing."""
    (paths.state / "restore").write_text("first")
    assert claimed(paths)


def test_an_empty_volume_is_only_marked(paths: Paths) -> None:
    """``initialize.sh`` makes the data directory, where none is."""
    (paths.data / "auto.cnf").unlink()
    (paths.data / "ibdata1").unlink()
    paths.data.rmdir()
    assert not claimed(paths)
    assert paths.mark.exists()
    assert not paths.data.exists()


def test_persisted_variables_of_one_server_go_and_others_stay(paths: Paths) -> None:
    """MySQL Shell persists group_replication_local_address, for example."""
    persisted = paths.data / "mysqld-auto.cnf"
    document = {
        "Version": 2,
        "mysql_dynamic_variables": {
            "max_connections": {"Value": "500", "Metadata": {"Host": "a", "User": "root"}},
            "group_replication_group_name": {"Value": "g"},
        },
        "mysql_static_variables": {"server_id": {"Value": "7"}, "report_host": {"Value": "elsewhere"}},
    }
    persisted.write_text(json.dumps(document))
    claimed(paths)
    assert claimed(paths, "db-1")
    assert json.loads(persisted.read_text()) == {
        "Version": 2,
        "mysql_dynamic_variables": {
            "max_connections": {"Value": "500", "Metadata": {"Host": "a", "User": "root"}}
        },
        "mysql_static_variables": {},
    }


def test_a_volume_that_cannot_be_written_is_left_to_the_next_container(paths: Paths) -> None:
    """``initialize.sh`` says what is wrong with it, and in which words."""
    nowhere = Paths(data=paths.data, mark=paths.data / "no" / "such" / "folder", state=paths.state)
    assert not claimed(nowhere)
