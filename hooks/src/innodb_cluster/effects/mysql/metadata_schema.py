"""Makes the schema ``mysql_innodb_cluster_metadata``, version 2.4.0.

MySQL Router reads it on every refresh and closes its ports when an object that it needs
is missing, so nothing here is ever dropped. A kill at any statement leaves version 0.0.0
("being changed", routers keep their routes), and the next call goes on from there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Protocol

from innodb_cluster.model.errors import ConfigurationError, TemporaryError

SCHEMA = "mysql_innodb_cluster_metadata"
VERSION = (2, 4, 0)
CHANGING = (0, 0, 0)
SHELL_BACKUP_SCHEMA = "mysql_innodb_cluster_metadata_bkp"
"""Exists while MySQL Shell upgrades the metadata; version 0.0.0 is then not ours."""

_SEPARATOR = ";;"
_OBJECT = re.compile(
    rf"^CREATE (?:OR REPLACE )?(?:SQL SECURITY INVOKER )?(TABLE|VIEW|PROCEDURE) "
    rf"(?:IF NOT EXISTS )?{SCHEMA}\.(\w+)",
    re.MULTILINE,
)
# A v2_instances that shows routers every row, as MySQL Shell makes it, counts as missing: it is replaced (ADR 30).
_EXISTING_OBJECTS = """
SELECT LOWER(table_name) AS name FROM information_schema.tables WHERE table_schema = %s
AND NOT EXISTS (
  SELECT table_name FROM information_schema.views AS old
  WHERE old.table_schema = tables.table_schema AND old.table_name = tables.table_name
  AND old.table_name = 'v2_instances' AND old.view_definition NOT LIKE '%replication_group_members%'
)
UNION ALL
SELECT LOWER(routine_name) AS name FROM information_schema.routines WHERE routine_schema = %s
"""
_SCHEMA_EXISTS = "SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name = %s"
_READ_VERSION = "SELECT major, minor, patch FROM mysql_innodb_cluster_metadata.schema_version"
_CREATE_SCHEMA = f"CREATE DATABASE IF NOT EXISTS {SCHEMA} DEFAULT CHARACTER SET utf8mb4"
_SET_VERSION = (
    f"CREATE OR REPLACE SQL SECURITY INVOKER VIEW {SCHEMA}.schema_version (major, minor, patch) AS SELECT "
)


class SqlSession(Protocol):
    """The part of a session that reading and writing metadata and status needs."""

    def query(self, statement: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        """Run a statement that gives rows."""

    def execute(self, statement: str, parameters: tuple[Any, ...] = ()) -> None:
        """Run a statement that gives none."""


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """A table, view or procedure and the statement that makes it."""

    name: str
    statement: str


def schema_objects() -> tuple[SchemaObject, ...]:
    """Give all objects but the version view, in the order in which they can be made."""
    text = files(__package__).joinpath("metadata_schema.sql").read_text(encoding="utf-8")
    return tuple(_split(text))


def read_schema_version(session: SqlSession) -> tuple[int, int, int] | None:
    """Read the version of the metadata schema; None when there is none."""
    return _read_version(session, _existing(session))


def ensure_schema(session: SqlSession) -> bool:
    """Make the schema complete, on a member that takes writes, and say whether anything was done.

    On a complete schema it only reads: no GTID is used up. A schema that a newer MySQL
    Shell made (2.5 and later) is left as it is.

    Raises:
        ConfigurationError: it is of a version that Shell must upgrade first.
        TemporaryError: Shell is upgrading it now.

    """
    existing = _existing(session)
    version = _read_version(session, existing)
    if version not in {None, CHANGING, VERSION}:
        return _accept_foreign(version)
    if version == CHANGING and session.query(_SCHEMA_EXISTS, (SHELL_BACKUP_SCHEMA,)):
        raise TemporaryError(
            f"schema {SCHEMA} is being upgraded by MySQL Shell", "wait until it has finished"
        )
    missing = [item for item in schema_objects() if item.name not in existing]
    if version == VERSION and not missing:
        return False
    if version is None:
        if not session.query(_SCHEMA_EXISTS, (SCHEMA,)):
            session.execute(_CREATE_SCHEMA)
        session.execute(_SET_VERSION + _columns(CHANGING))
    for item in missing:
        session.execute(item.statement)
    if version != VERSION:
        session.execute(_SET_VERSION + _columns(VERSION))
    return True


def _accept_foreign(version: tuple[int, int, int] | None) -> bool:
    if version is not None and VERSION < version < (VERSION[0] + 1, 0, 0):
        return False
    shown = ".".join(str(number) for number in version or ())
    raise ConfigurationError(
        f"schema {SCHEMA} has version {shown}, this chart writes 2.4.0",
        "run dba.upgradeMetadata() in MySQL Shell 9.6 or later against the primary",
    )


def _existing(session: SqlSession) -> set[str]:
    return {str(row["name"]) for row in session.query(_EXISTING_OBJECTS, (SCHEMA, SCHEMA))}


def _read_version(session: SqlSession, existing: set[str]) -> tuple[int, int, int] | None:
    if "schema_version" not in existing:
        return None
    row = session.query(_READ_VERSION)[0]
    return int(row["major"]), int(row["minor"]), int(row["patch"])


def _columns(version: tuple[int, int, int]) -> str:
    return ", ".join(str(number) for number in version)


def _split(text: str) -> Iterator[SchemaObject]:
    body = text.partition("\n")[2]
    for piece in filter(None, (part.strip() for part in body.split(_SEPARATOR))):
        match = _OBJECT.search(piece)
        if match is None:
            raise ValueError(f"not a statement of the metadata schema: {piece[:60]}")
        yield SchemaObject(match[2], piece[match.start() :])
