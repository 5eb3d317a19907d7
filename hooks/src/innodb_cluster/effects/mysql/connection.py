"""Connections to mysqld: one small session type, with every time-out set.

The driver's own time-outs default to none, so a frozen server would hang the caller
for ever. Errors are sorted by MySQL's error number, never by their text.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, cast

import mysql.connector
from mysql.connector import errorcode, errors
from mysql.connector.abstracts import MySQLConnectionAbstract, MySQLCursorAbstract

from innodb_cluster.model.errors import InnodbClusterError, TemporaryError

Row = dict[str, Any]

SOCKET = "/var/run/mysqld/mysqld.sock"
CA_FILE = "/etc/innodb-cluster/tls/ca.crt"


class StatementError(InnodbClusterError):
    """The server refused a statement; ``errno`` is MySQL's error number."""

    def __init__(self, errno: int, message: str) -> None:
        """Keep the number: it is what callers decide by."""
        super().__init__(f"MySQL error {errno}: {message}")
        self.errno = errno


class UnreachableError(TemporaryError):
    """The server does not answer: not started, frozen, or away."""


class AccessDeniedError(InnodbClusterError):
    """The server answers and does not take this account or password."""


_DENIED = {errorcode.ER_ACCESS_DENIED_ERROR, errorcode.ER_DBACCESS_DENIED_ERROR, 1698, 3118}
"""1698 is ER_ACCESS_DENIED_NO_PASSWORD_ERROR, 3118 ER_ACCOUNT_HAS_BEEN_LOCKED."""

_CLIENT_ERRORS = range(2000, 3000)
"""The client's own errors: refused, lost, timed out (MySQL manual, Client Error Message Reference)."""
_GOING_AWAY = {errorcode.ER_SERVER_SHUTDOWN, errorcode.ER_SERVER_OFFLINE_MODE, 3169}
"""3169 is ER_SESSION_WAS_KILLED."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, and to wait for one answer."""

    connect_seconds: int = 3
    read_seconds: int = 10


QUICK = Timeouts(connect_seconds=2, read_seconds=3)
PATIENT = Timeouts(connect_seconds=3, read_seconds=600)
"""For START GROUP_REPLICATION, which answers when the member is in the view."""


class Session:
    """One connection; a context manager that closes it."""

    def __init__(self, connection: MySQLConnectionAbstract) -> None:
        """Take over an open connection."""
        self._connection = connection
        self._cursor: MySQLCursorAbstract | None = None

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement and give its rows by column name.

        Raises:
            StatementError: the server refused it.
            UnreachableError: the connection is gone or the answer did not come in time.

        """
        # One for all statements: the driver pings the server for each new one, which would be half of an agent's traffic.
        cursor, self._cursor = self._cursor, None
        try:
            cursor = cursor or self._connection.cursor(dictionary=True)
            cursor.execute(statement, tuple(parameters))
            rows = cursor.fetchall() if cursor.description else []
        except errors.Error as error:
            raise _sorted(error) from error
        self._cursor = cursor
        return [_plain(cast("Mapping[str, Any]", row)) for row in rows]

    def one(self, statement: str, parameters: Sequence[Any] = ()) -> Row:
        """Give the only row of a query that always has one."""
        return self.query(statement, parameters)[0]

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement for its effect; raises what ``query`` raises."""
        self.query(statement, parameters)

    def execute_script(self, statements: Iterable[str]) -> None:
        """Run statements one after the other, stopping at the first that fails."""
        for statement in statements:
            self.execute(statement)

    def close(self) -> None:
        """Close the connection without waiting for the server."""
        with suppress(errors.Error, OSError):
            self._connection.close()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()


def connect_socket(path: str = SOCKET, user: str = "root", timeouts: Timeouts = Timeouts()) -> Session:
    """Connect through the shared socket; ``auth_socket`` knows us by our uid."""
    return _connect({"unix_socket": path, "user": user, "password": "", "ssl_disabled": True}, timeouts)


def connect_tcp(
    host: str,
    port: int,
    user: str,
    password: str,
    ca_path: str | None = CA_FILE,
    timeouts: Timeouts = Timeouts(),
) -> Session:
    """Connect over TLS, checking the server's certificate and its name when a CA is given."""
    target: dict[str, Any] = {"host": host, "port": port, "user": user, "password": password}
    if ca_path is not None:
        target |= {"ssl_ca": ca_path, "ssl_verify_cert": True, "ssl_verify_identity": True}
    return _connect(target, timeouts)


def _connect(target: Mapping[str, Any], timeouts: Timeouts) -> Session:
    try:
        connection = mysql.connector.connect(
            **target,
            use_pure=True,
            autocommit=True,
            charset="utf8mb4",
            collation="utf8mb4_0900_ai_ci",
            connection_timeout=timeouts.connect_seconds,
            read_timeout=timeouts.read_seconds,
            write_timeout=timeouts.read_seconds,
        )
    except errors.Error as error:
        raise _sorted(error) from error
    except OSError as error:
        reason = f"cannot connect: {error}"
        raise UnreachableError(reason) from error
    return Session(cast("MySQLConnectionAbstract", connection))


def _sorted(error: errors.Error) -> InnodbClusterError:
    if isinstance(error, errors.ReadTimeoutError | errors.WriteTimeoutError):
        # The driver gives its own time-outs a number of the server's, 3024 (ER_QUERY_TIMEOUT).
        return UnreachableError("no answer from the server in time")
    number = error.errno or -1
    if number in _DENIED:
        return AccessDeniedError(f"MySQL error {number}: {error.msg}")
    if number in _CLIENT_ERRORS or number < 0:
        return UnreachableError(f"no answer from the server: {error.msg}")
    if number in _GOING_AWAY:
        return UnreachableError(f"the server is shutting down or offline: {error.msg}")
    return StatementError(number, str(error.msg))


def _plain(row: Mapping[str, Any]) -> Row:
    return {
        key: bytes(value).decode() if isinstance(value, bytes | bytearray) else value
        for key, value in row.items()
    }
