"""Looks at servers: one by socket or address, or all configured ones side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import QUICK, Session, connect_tcp
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.gtid import parse_gtid_set
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT, Names
from innodb_cluster.model.observation import MemberRole, MemberState, ServerView, ViewMember
from innodb_cluster.model.settings import TopologyMode


def look(session: Session, pod: str) -> ServerView:
    """Read everything that decisions need from one server.

    Raises:
        InnodbClusterError: it does not answer or refuses to.

    """
    server = session.one(statements.SERVER)
    view = tuple(
        ViewMember(
            pod=row["host"].partition(".")[0],
            server_uuid=row["server_uuid"],
            state=MemberState(row["state"]),
            role=MemberRole(row["role"] or ""),
            version=row["version"] or "",
        )
        for row in session.query(statements.VIEW)
        if row["server_uuid"]
    )
    own = next((member for member in view if member.server_uuid == server["server_uuid"]), None)
    state = own.state if own else MemberState.OFFLINE
    view_id = session.query(statements.VIEW_ID) if state.in_group else []
    received = next(iter(session.query(statements.RECEIVED)), {})
    return ServerView(
        pod=pod,
        server_uuid=server["server_uuid"],
        state=state,
        role=own.role if own else MemberRole.NONE,
        version=server["version"],
        view_id=(view_id[0]["view_id"] or "") if view_id else "",
        view=view if state.in_group else (),
        group_name=server["group_name"] or "",
        mode=TopologyMode.SINGLE_PRIMARY if server["single_primary_mode"] else TopologyMode.MULTI_PRIMARY,
        executed=parse_gtid_set(server["gtid_executed"]),
        received=parse_gtid_set(received.get("received") or ""),
        purged=parse_gtid_set(server.get("gtid_purged") or ""),
        recovery_error=int(received.get("recovery_error") or 0),
        offline_mode=bool(server["offline_mode"]),
        super_read_only=bool(server["super_read_only"]),
        auto_increment=(int(server["increment"]), int(server["offset"])),
        bootstrap_flag=bool(server["bootstrap_flag"]),
        started_with=server["started_with"] or "",
    )


def connector(names: Names, password: str) -> Callable[[str], Session]:
    """Give a function that connects to a pod's server as the internal administrator."""

    def connect(pod: str) -> Session:
        return connect_tcp(names.host(pod), MYSQL_PORT, ADMIN_ACCOUNT, password, timeouts=QUICK)

    return connect


def look_at_all(
    pods: Sequence[str], connect: Callable[[str], Session]
) -> tuple[tuple[ServerView, ...], dict[str, str]]:
    """Look at all these pods at once; give those that answered, and why the others did not."""
    if not pods:
        return (), {}
    with ThreadPoolExecutor(max_workers=len(pods)) as pool:
        results = list(pool.map(lambda pod: _try_look(pod, connect), pods))
    servers = tuple(result for result in results if isinstance(result, ServerView))
    silent = {pod: result for pod, result in zip(pods, results, strict=True) if isinstance(result, str)}
    return servers, silent


def _try_look(pod: str, connect: Callable[[str], Session]) -> ServerView | str:
    try:
        with connect(pod) as session:
            return look(session, pod)
    except InnodbClusterError as error:
        return error.reason
