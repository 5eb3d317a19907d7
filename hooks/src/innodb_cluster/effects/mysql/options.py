"""Sets variables of a running server, and learns which of them it takes only at a start."""

from collections.abc import Iterable

from innodb_cluster.decide.server_options import sql_values
from innodb_cluster.effects.mysql.connection import Session, StatementError
from innodb_cluster.model.options import Assignment

_MERGED = frozenset({"optimizer_switch", "optimizer_trace"})
"""A value is merged into the one before, so that goes back to the default first."""


def set_options(session: Session, wanted: Iterable[Assignment]) -> tuple[str, ...]:
    """Set each; give the names of those that the server refused, for whatever reason.

    ``mysqld --validate-config`` has taken them, so what a running server refuses (read-only, not a variable, not while
    the group runs) it takes at its next start.

    Raises:
        UnreachableError: the server does not answer any more.

    """
    return tuple(assignment.name for assignment in wanted if not _is_taken(session, assignment))


def _is_taken(session: Session, assignment: Assignment) -> bool:
    name = ".".join(f"`{part}`" for part in assignment.name.split("."))
    try:
        if assignment.value is None or assignment.name in _MERGED:
            session.execute(f"SET GLOBAL {name} = DEFAULT")
        if assignment.value is None:
            return True
    except StatementError:
        return False
    for value in sql_values(assignment.value):
        try:
            session.execute(f"SET GLOBAL {name} = %s", (value,))
        except StatementError:
            continue
        return True
    return False
