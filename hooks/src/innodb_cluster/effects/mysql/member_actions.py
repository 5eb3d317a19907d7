"""Actions that are one statement or two on one server."""

from typing import TypeAlias, assert_never

from innodb_cluster.effects.mysql import group, tls
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.actions import (
    EndOfflineMode,
    ForbidBootstrap,
    LeaveGroup,
    ReloadTls,
)

MemberAction: TypeAlias = LeaveGroup | EndOfflineMode | ForbidBootstrap | ReloadTls


def perform_on_member(action: MemberAction, session: Session) -> None:
    """Carry out one action through a session to its server."""
    match action:
        case LeaveGroup():
            group.leave(session)
        case EndOfflineMode():
            group.end_offline_mode(session)
        case ForbidBootstrap():
            group.forbid_bootstrap(session)
        case ReloadTls():
            tls.reload(session)
        case _:
            assert_never(action)
