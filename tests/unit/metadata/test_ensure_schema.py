"""The schema is completed in an order that a kill cannot harm."""

from typing import Any

import pytest

from innodb_cluster.effects.mysql.metadata_schema import ensure_schema, schema_objects
from innodb_cluster.model.errors import ConfigurationError, TemporaryError


class Catalogue:
    """A server that knows which objects there are, and no more."""

    def __init__(self, version: tuple[int, int, int] | None = None, *, schemas: tuple[str, ...] = ()) -> None:
        self.schemas = set(schemas)
        self.objects: set[str] = set()
        self.version = version
        self.writes: list[str] = []
        if version is not None:
            self.schemas.add("mysql_innodb_cluster_metadata")
            self.objects = {"schema_version"}

    def query(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        if "information_schema.schemata" in statement:
            return [{"name": name} for name in self.schemas if name == parameters[0]]
        if "information_schema" in statement:
            return [{"name": name} for name in self.objects]
        assert self.version is not None
        return [dict(zip(("major", "minor", "patch"), self.version, strict=True))]

    def execute(self, statement: str, _: tuple[Any, ...] = ()) -> None:
        self.writes.append(statement)
        if statement.startswith("CREATE DATABASE"):
            self.schemas.add("mysql_innodb_cluster_metadata")
        elif ".schema_version " in statement:
            major, minor, patch = statement.rpartition("SELECT ")[2].split(", ")
            self.version = (int(major), int(minor), int(patch))
            self.objects.add("schema_version")
        else:
            self.objects |= {item.name for item in schema_objects() if item.statement == statement}


def test_a_new_schema_says_that_it_is_changing_until_it_is_complete() -> None:
    """Version 0.0.0 first, 2.4.0 last."""
    server = Catalogue()
    assert ensure_schema(server)
    versions = [text.rpartition("SELECT ")[2] for text in server.writes if ".schema_version " in text]
    assert versions == ["0, 0, 0", "2, 4, 0"]
    assert ".schema_version " in server.writes[1]
    assert ".schema_version " in server.writes[-1]


def test_a_complete_schema_is_only_read() -> None:
    """No statement, no transaction."""
    server = Catalogue()
    ensure_schema(server)
    server.writes.clear()
    assert not ensure_schema(server)
    assert server.writes == []


def test_an_interrupted_schema_is_continued() -> None:
    """What is there is left as it is."""
    server = Catalogue((0, 0, 0))
    done = [item.name for item in schema_objects()][:9]
    server.objects |= set(done)
    ensure_schema(server)
    assert len(server.writes) == len(schema_objects()) - 9 + 1
    assert server.version == (2, 4, 0)


@pytest.mark.parametrize("version", [(1, 0, 1), (2, 0, 0), (2, 3, 0), (3, 0, 0)])
def test_a_version_that_is_not_understood_is_refused(version: tuple[int, int, int]) -> None:
    """Trying again cannot help."""
    server = Catalogue(version)
    with pytest.raises(ConfigurationError):
        ensure_schema(server)
    assert server.writes == []


def test_a_newer_schema_of_the_same_kind_is_left_alone() -> None:
    """The Shell upgraded it; the router reads it."""
    server = Catalogue((2, 5, 0))
    assert not ensure_schema(server)
    assert server.writes == []


def test_an_upgrade_by_the_shell_is_waited_for() -> None:
    """Its version 0.0.0 is not ours."""
    server = Catalogue((0, 0, 0), schemas=("mysql_innodb_cluster_metadata_bkp",))
    with pytest.raises(TemporaryError):
        ensure_schema(server)
    assert server.writes == []
