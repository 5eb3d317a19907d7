"""Reads and writes of the cluster's test, on one server each."""

from dataclasses import dataclass

from innodb_cluster.decide.verification import TableSum
from innodb_cluster.effects.mysql.metadata_schema import SqlSession
from innodb_cluster.model.gtid import GtidSet, parse_gtid_set

SCHEMA_PREFIX = "innodb_cluster_verify_"
_MARK = "made and dropped by the test of the InnoDB Cluster"
"""Comment of the test's table: by it, what a killed test left is known for sure."""

_LEFT_BEHIND = f"""
SELECT table_schema AS name FROM information_schema.tables
WHERE table_name = 'probe' AND table_comment = '{_MARK}'
  AND table_schema LIKE '{SCHEMA_PREFIX.replace("_", "|_")}%' ESCAPE '|'
"""  # noqa: S608 - constants of this module
_CREATE_PROBE = (
    "CREATE TABLE `{schema}`.probe (id INT NOT NULL PRIMARY KEY, token CHAR(32) NOT NULL) "
    f"COMMENT '{_MARK}'"
)
_WRITE_PROBE = "INSERT INTO `{schema}`.probe (id, token) VALUES (1, %s)"
_READ_PROBE = "SELECT token FROM `{schema}`.probe WHERE id = 1"
_EXECUTED = "SELECT @@GLOBAL.gtid_executed AS executed"
_WAIT = "SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %s) AS timed_out"
_TABLES = """
SELECT t.table_schema AS in_schema, t.table_name AS name, COALESCE(t.data_length, 0) AS size_bytes
FROM information_schema.tables AS t
WHERE t.table_type = 'BASE TABLE' AND t.engine = 'InnoDB'
  AND t.table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')
ORDER BY t.data_length, t.table_schema, t.table_name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A user's table."""

    schema: str
    name: str
    size_bytes: int

    @property
    def full_name(self) -> str:
        """How people write it."""
        return f"{self.schema}.{self.name}"

    @property
    def quoted(self) -> str:
        """How statements write it."""
        return ".".join("`" + part.replace("`", "``") + "`" for part in (self.schema, self.name))


def write_probe(session: SqlSession, token: str) -> GtidSet:
    """Make the test's own schema, write a row, and give what the server has executed then."""
    drop_left_behind(session)
    session.execute(f"CREATE DATABASE `{_schema(token)}`")
    session.execute(_CREATE_PROBE.format(schema=_schema(token)))
    session.execute(_WRITE_PROBE.format(schema=_schema(token)), (token,))
    return read_executed(session)


def read_probe(session: SqlSession, token: str) -> bool:
    """Whether the row is there with what was written."""
    rows = session.query(_READ_PROBE.format(schema=_schema(token)))
    return bool(rows) and rows[0]["token"] == token


def drop_left_behind(session: SqlSession) -> None:
    """Drop every schema that a test made, this one's and those of killed ones."""
    for row in session.query(_LEFT_BEHIND):
        session.execute(f"DROP DATABASE IF EXISTS `{row['name']}`")


def read_executed(session: SqlSession) -> GtidSet:
    """Give all transactions that the server has executed."""
    return parse_gtid_set(str(session.query(_EXECUTED)[0]["executed"]))


def wait_for_transactions(session: SqlSession, wanted: GtidSet, timeout_seconds: float) -> bool:
    """Wait until the server has executed these transactions; False when that takes longer."""
    return not session.query(_WAIT, (str(wanted), timeout_seconds))[0]["timed_out"]


def read_tables(session: SqlSession) -> tuple[Table, ...]:
    """List users' tables, the smallest first; sizes are those of InnoDB's statistics."""
    return tuple(
        Table(str(row["in_schema"]), str(row["name"]), int(row["size_bytes"]))
        for row in session.query(_TABLES)
    )


def read_checksum(session: SqlSession, table: Table) -> TableSum:
    """Read a table's checksum and what the server had executed before and after."""
    before = read_executed(session)
    checksum = session.query(f"CHECKSUM TABLE {table.quoted}")[0]["Checksum"]
    return TableSum(None if checksum is None else int(checksum), before, read_executed(session))


def _schema(token: str) -> str:
    return SCHEMA_PREFIX + token
