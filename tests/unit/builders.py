"""Builders of observations: name only what matters to the test."""

from innodb_cluster.model.gtid import parse_gtid_set
from innodb_cluster.model.names import Names
from innodb_cluster.model.observation import MemberRole, MemberState, Observation, ServerView, ViewMember
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings, TlsMode, TlsSettings, TopologyMode

GROUP = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
ONLINE = MemberState.ONLINE
RECOVERING = MemberState.RECOVERING
OFFLINE = MemberState.OFFLINE
ERROR = MemberState.ERROR
UNREACHABLE = MemberState.UNREACHABLE


def settings(
    servers: int = 3, mode: TopologyMode = TopologyMode.SINGLE_PRIMARY, routers: int = 1
) -> Settings:
    """Settings of a release called ``db`` in namespace ``ns``."""
    return Settings(
        names=Names("db", "ns"),
        server_instances=servers,
        router_instances=routers,
        base_server_id=1000,
        topology_mode=mode,
        topology_primary="",
        root_user="root",
        root_host="%",
        root_secret="db-credentials",
        root_secret_is_external=False,
        tls=TlsSettings(TlsMode.SELF_SIGNED, "db-ca", "db-tls", "db-router-tls"),
        service_name="db",
    )


def record(
    *,
    bootstrapped: bool = True,
    seed: str = "",
    servers: str = "3",
    admitted: str = "",
    mode: str = "single-primary",
) -> Record:
    """Build the record of that release."""
    done = "2026-01-01T00:00:00Z" if bootstrapped else ""
    return Record(
        "db",
        GROUP,
        "cccccccc-cccc-cccc-cccc-cccccccccccc",
        seed,
        done,
        mode,
        server_instances=servers,
        admitted_instances=admitted,
    )


def view(states: dict[str, MemberState], primary: str = "db-0") -> tuple[ViewMember, ...]:
    """Build a view; server_uuids sort like the pods' names."""
    return tuple(
        ViewMember(pod, f"uuid-{pod}", state, MemberRole.PRIMARY if pod == primary else MemberRole.SECONDARY)
        for pod, state in states.items()
    )


def member(
    pod: str,
    states: dict[str, MemberState] | None = None,
    *,
    primary: str = "db-0",
    gtids: str = "",
    received: str = "",
    purged: str = "",
    view_id: str = "17:3",
    group_name: str = GROUP,
    mode: TopologyMode = TopologyMode.SINGLE_PRIMARY,
    offline_mode: bool = False,
    bootstrap_flag: bool = False,
    started_with: str = "",
) -> ServerView:
    """Build a server that is in a group, by default one of three that are all ONLINE."""
    seen = states or dict.fromkeys(("db-0", "db-1", "db-2"), ONLINE)
    return ServerView(
        pod=pod,
        server_uuid=f"uuid-{pod}",
        state=seen[pod],
        view=view(seen, primary),
        view_id=view_id,
        group_name=group_name,
        mode=mode,
        executed=parse_gtid_set(gtids),
        received=parse_gtid_set(received),
        purged=parse_gtid_set(purged),
        offline_mode=offline_mode,
        bootstrap_flag=bootstrap_flag,
        started_with=started_with,
    )


def stopped(pod: str, gtids: str = "", received: str = "", state: MemberState = OFFLINE) -> ServerView:
    """Build a server that is in no group."""
    return ServerView(
        pod=pod,
        server_uuid=f"uuid-{pod}",
        state=state,
        executed=parse_gtid_set(gtids),
        received=parse_gtid_set(received),
    )


def seen(*servers: ServerView, of: Settings | None = None, written: Record | None = None) -> Observation:
    """Build an observation; configured pods without a server are silent."""
    wanted = of or settings()
    answered = {server.pod for server in servers}
    silent = tuple(pod for pod in wanted.pods if pod not in answered)
    return Observation(wanted, written or record(), servers, silent)
