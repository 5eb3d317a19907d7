"""Builders of answers to a status question: name only what matters to the test."""

from innodb_cluster.model.observation import MemberRole, MemberState
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.status import ApplierReport, ClusterReport, MemberEntry, MemberReport

ONLINE = MemberState.ONLINE
RECOVERING = MemberState.RECOVERING
OFFLINE = MemberState.OFFLINE
ERROR = MemberState.ERROR
UNREACHABLE = MemberState.UNREACHABLE
IDLE = ApplierReport(running=True)


def address(ordinal: int) -> str:
    """Address of a member."""
    return f"db-{ordinal}.db-instances.ns.svc.cluster.local:3306"


def view(*states: MemberState | None, primary: int | None = 0) -> tuple[MemberEntry, ...]:
    """Build a view with one state for each ordinal; None where the group lacks the member."""
    return tuple(
        MemberEntry(
            server_uuid=f"uuid-{ordinal}",
            address=address(ordinal),
            state=state,
            role=MemberRole.PRIMARY if ordinal == primary else MemberRole.SECONDARY,
            version="9.7.4",
        )
        for ordinal, state in enumerate(states)
        if state is not None
    )


def answer(
    ordinal: int,
    members: tuple[MemberEntry, ...] = (),
    *,
    state: MemberState | None = None,
    mode: TopologyMode = TopologyMode.SINGLE_PRIMARY,
    read_only: bool | None = None,
    offline_mode: bool = False,
    applier: ApplierReport = IDLE,
) -> MemberReport:
    """Build one server's answer; its state and whether it takes writes follow from its view."""
    own = next((entry for entry in members if entry.address == address(ordinal)), None)
    writes = own is not None and (own.role is MemberRole.PRIMARY or mode is TopologyMode.MULTI_PRIMARY)
    return MemberReport(
        address=address(ordinal),
        server_uuid=f"uuid-{ordinal}",
        state=state or (own.state if own else OFFLINE),
        version="9.7.4-2",
        mode=mode,
        ssl_mode="REQUIRED",
        super_read_only=not writes if read_only is None else read_only,
        offline_mode=offline_mode,
        applier=applier,
        view=members,
    )


def report(
    *answers: MemberReport, configured: int = 3, silent: dict[int, str] | None = None
) -> ClusterReport:
    """Build what was heard of a cluster with this many configured members."""
    return ClusterReport(
        cluster_name="db",
        configured=tuple(address(ordinal) for ordinal in range(configured)),
        answers=answers,
        silent={address(ordinal): why for ordinal, why in (silent or {}).items()},
    )


def healthy(members: int = 3) -> ClusterReport:
    """Build a cluster where everyone is ONLINE and answered."""
    everyone = view(*[ONLINE] * members)
    return report(*(answer(ordinal, everyone) for ordinal in range(members)), configured=members)
