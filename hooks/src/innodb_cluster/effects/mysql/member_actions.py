"""Actions that are one statement or two on one server."""

from typing import TypeAlias, assert_never

from innodb_cluster.effects.mysql import group, tls
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.actions import (
    EndOfflineMode,
    ForbidBootstrap,
    ForceMembers,
    LeaveGroup,
    ReloadTls,
)
from innodb_cluster.model.names import Names

MemberAction: TypeAlias = LeaveGroup | EndOfflineMode | ForbidBootstrap | ForceMembers | ReloadTls


def perform_on_member(action: MemberAction, session: Session, names: Names) -> None:
    """Carry out one action through a session to its server."""
    match action:
        case LeaveGroup():
            group.leave(session)
        case EndOfflineMode():
            group.end_offline_mode(session)
        case ForbidBootstrap():
            group.forbid_bootstrap(session)
        case ForceMembers():
            group.force_members(session, tuple(map(names.address, action.members)))
        case ReloadTls():
            tls.reload(session)
        case _:
            assert_never(action)
