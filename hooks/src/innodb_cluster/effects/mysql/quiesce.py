"""Holds commits back on one secondary while storage fixes a snapshot's point in time."""

from collections.abc import Iterator
from contextlib import contextmanager

from innodb_cluster.effects.mysql.connection import Session

_LOCK_WAIT_SECONDS = 5
"""A statement that runs longer keeps the lock from being had: then the snapshot is not taken."""
_SET_LOCK_WAIT = "SET SESSION lock_wait_timeout = %s"
_LOCK = "FLUSH TABLES WITH READ LOCK"
_UNLOCK = "UNLOCK TABLES"
_EXECUTED = "SELECT @@GLOBAL.gtid_executed AS executed"


@contextmanager
def commits_held_back(session: Session) -> Iterator[str]:
    """Hold commits back for as long as the block runs; gives the GTID set that the server stands at.

    The lock ends with the session, so a process that is killed holds nothing back.

    Raises:
        StatementError: the lock was not had in time.

    """
    session.execute(_SET_LOCK_WAIT, (_LOCK_WAIT_SECONDS,))
    session.execute(_LOCK)
    try:
        yield str(session.one(_EXECUTED)["executed"]).replace("\n", "")
    finally:
        session.execute(_UNLOCK)
