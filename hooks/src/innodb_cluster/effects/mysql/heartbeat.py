"""Whether the own server answers at all, asked so that nothing but a hang of mysqld as a whole looks like one.

A statement on a connection that is open wants one thread of the server; the greeting that
every new connection gets wants another. No lock of a table, no limit on connections and no
state of the group holds up either.
"""

import socket
from enum import Enum, auto

from innodb_cluster.effects.mysql.connection import (
    SOCKET,
    Session,
    Timeouts,
    UnreachableError,
    connect_socket,
)
from innodb_cluster.model.errors import InnodbClusterError

PATIENCE_SECONDS = 1
"""For a statement, and then for a greeting."""
_TIMEOUTS = Timeouts(connect_seconds=PATIENCE_SECONDS, read_seconds=PATIENCE_SECONDS)


class Beat(Enum):
    """What came back."""

    ANSWERS = auto()
    ABSENT = auto()
    """Nobody listens: mysqld has not started yet, or is stopping."""
    SILENT = auto()
    """mysqld listens, and says nothing."""


class Heartbeat:
    """One connection to the own server, kept open; to be used by one thread."""

    def __init__(self, path: str = SOCKET) -> None:
        """Connect later, when first asked."""
        self._path = path
        self._session: Session | None = None

    def beat(self) -> Beat:
        """Ask once; takes two seconds at most."""
        try:
            if self._session is None:
                # Before it is asked to authenticate: a server that is silent costs one wait, not two.
                found = greets(self._path)
                if found is not Beat.ANSWERS:
                    return found
                self._session = connect_socket(self._path, timeouts=_TIMEOUTS)
            self._session.execute("DO 1")
        except UnreachableError:
            self.close()
            return greets(self._path)
        except InnodbClusterError:
            self.close()
        return Beat.ANSWERS

    def close(self) -> None:
        """Forget the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None


def greets(path: str) -> Beat:
    """Wait for the first byte that a server sends on a new connection (client/server protocol, Connection Phase)."""
    with socket.socket(socket.AF_UNIX) as waiting:
        waiting.settimeout(PATIENCE_SECONDS)
        try:
            waiting.connect(path)
            return Beat.ANSWERS if waiting.recv(1) else Beat.ABSENT
        except (FileNotFoundError, ConnectionError):
            return Beat.ABSENT
        except (TimeoutError, BlockingIOError):
            # The latter is a queue of connections that nobody accepts any more (unix(7), EAGAIN).
            return Beat.SILENT
