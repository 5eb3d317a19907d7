"""Switches the running group between modes and primaries, and looks at what could stand against it.

Group Replication coordinates each switch over all members and refuses a second one
while one runs: a caller that was killed meanwhile finds it done, or is refused and tries again.
"""

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.topology import TableFault, UnfitTable, auto_increment

RUNNING_TRANSACTIONS_SECONDS = 1
"""How long a switchover waits for transactions that run. The server refuses every other statement meanwhile (error
4094), and ends those that are still open afterwards; without a limit an idle session with an open transaction would hold
the switchover for ever (MySQL bug 119197)."""


def set_auto_increment(session: Session, mode: TopologyMode, server_id: int) -> None:
    """Give a server the values that keep its rows apart from other primaries'; sessions that are open keep theirs."""
    increment, offset = auto_increment(mode, server_id)
    session.execute(statements.SET_AUTO_INCREMENT_INCREMENT, (increment,))
    session.execute(statements.SET_AUTO_INCREMENT_OFFSET, (offset,))


def switch_mode(session: Session, mode: TopologyMode, server_uuid: str) -> None:
    """Switch the whole group, and return when every member has.

    ``server_uuid`` is the member that goes on taking writes; without meaning for multi-primary mode.

    Raises:
        StatementError: the group refuses, for example because another switch still runs.

    """
    if mode is TopologyMode.MULTI_PRIMARY:
        session.execute(statements.SWITCH_TO_MULTI_PRIMARY)
    else:
        session.execute(statements.SWITCH_TO_SINGLE_PRIMARY, (server_uuid,))


def switch_primary(session: Session, server_uuid: str) -> None:
    """Make this server the primary, and return when it takes writes.

    Raises:
        StatementError: the group refuses, for example because another switch still runs.

    """
    session.execute(statements.SET_AS_PRIMARY, (server_uuid, RUNNING_TRANSACTIONS_SECONDS))


def count_long_transactions(session: Session) -> int:
    """Count the clients' transactions that a switchover would end."""
    return int(session.one(statements.LONG_TRANSACTIONS, (RUNNING_TRANSACTIONS_SECONDS,))["number"])


def find_unfit_tables(session: Session) -> tuple[UnfitTable, ...]:
    """Name the tables of users' schemas that multi-primary mode cannot serve."""
    unfit = tuple(
        UnfitTable(str(row["name"]), TableFault.ENGINE if row["is_other_engine"] else TableFault.NO_KEY)
        for row in session.query(statements.UNFIT_TABLES)
    )
    cascading = session.query(statements.CASCADING_TABLES)
    return unfit + tuple(UnfitTable(str(row["name"]), TableFault.CASCADE) for row in cascading)
