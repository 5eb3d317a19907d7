"""Brings the running group into the topology mode, and its primary to the pod, that are asked for.

The mode that the values name decides at every upgrade. A primary is moved only when
its value differs from the one last applied, so that what a failover did stays.
"""

from collections.abc import Sequence

from innodb_cluster.decide.health import Health, answering_members
from innodb_cluster.model.actions import (
    Action,
    RecordPrimary,
    SetAutoIncrement,
    SwitchMode,
    SwitchPrimary,
)
from innodb_cluster.model.observation import MemberState, Observation, ServerView, may_join
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.state import GroupState
from innodb_cluster.model.topology import TableFault, auto_increment

PATIENCE_SECONDS = 60.0
"""How long a change of topology waits for a group that is not certain, or for a primary that is not ONLINE:
longer than a server takes to restart, shorter than the Job."""
MAX_BACKLOG = 100
"""Transactions that a new primary may have left to apply: they are what clients wait for during the switch."""
MAX_TRANSACTION_WAIT_SECONDS = 30.0
"""How long a switchover waits for long transactions to end by themselves, with nothing blocked."""
MAX_NAMES = 20
"""Tables that a refusal lists."""

_UNCERTAIN = {
    GroupState.ONLINE_UNCERTAIN,
    GroupState.NO_QUORUM,
    GroupState.NO_QUORUM_UNCERTAIN,
    GroupState.OFFLINE_UNCERTAIN,
}


def refuse_uncertain_change(observation: Observation, health: Health, progress: Progress) -> Refusal | None:
    """Refuse to change the topology of a group that stays uncertain, or towards a member that stays away."""
    record = observation.record
    if record is None or not record.is_bootstrapped or progress.incomplete_seconds < PATIENCE_SECONDS:
        return None
    settings = observation.settings
    primary = settings.topology_primary
    moves = bool(primary) and primary != record.topology_primary
    asks = [f"topology.primary {primary}"] if moves else []
    if settings.topology_mode_is_asked and record.topology_mode not in {"", settings.topology_mode}:
        asks.append(f"topology.mode {settings.topology_mode}")
    if asks and health.state in _UNCERTAIN:
        silent = f", no answer from {', '.join(observation.silent)}" if observation.silent else ""
        return Refusal(
            reason=f"the values ask for {' and '.join(asks)}, and the group is {health.state}{silent}",
            what_to_do="get every server to answer (kubectl get pods), then run helm upgrade again",
        )
    if moves and may_join(observation, primary) and (state := _state(observation, health, primary)):
        return Refusal(
            reason=f"topology.primary is {primary}, which is not ONLINE: {state}",
            what_to_do=f"read the log of {primary}'s container agent and get the member ONLINE, or name another one",
        )
    return None


def check_topology(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Refuse what cannot be, before any change is made."""
    settings = observation.settings
    mode = health.authority.mode if health.authority else settings.topology_mode
    wanted = settings.topology_mode if settings.topology_mode_is_asked else mode
    primary = settings.topology_primary
    if primary and wanted is TopologyMode.MULTI_PRIMARY:
        return _refuse(
            health,
            f"topology.primary is {primary} and the group is to run in multi-primary mode, where every member is one",
            "leave topology.primary empty, or set topology.mode=single-primary",
        )
    if primary and primary not in settings.pods:
        return _refuse(
            health,
            f"topology.primary is {primary}, which is none of {', '.join(settings.pods)}",
            "name one of them, or leave it empty",
        )
    if wanted is TopologyMode.MULTI_PRIMARY and mode is not wanted:
        return _refuse_tables(health, progress, cascades_allowed=settings.allow_foreign_key_cascades)
    return None


def settle_mode(observation: Observation, health: Health, _progress: Progress) -> Plan | None:
    """Switch the group's mode, with the values of ``auto_increment`` that belong to it.

    Rows of different primaries must be kept apart for as long as there is more than one: the
    values are set before the switch to multi-primary mode, and after the one to single-primary.
    """
    members = _members(observation, health)
    if health.authority is None or not members:
        return None
    settings = observation.settings
    wanted = settings.topology_mode if settings.topology_mode_is_asked else health.authority.mode
    others = [member for member in members if member.mode is not wanted]
    if others and (missing := set(settings.pods) - {member.pod for member in members}):
        because = f"the mode changes to {wanted} when every member answers: waiting for {', '.join(sorted(missing))}"
        return Plan(health.state, because, requeue_after_seconds=0.5)
    increments = _increments(observation, members, wanted)
    if not others:
        because = f"the group runs in {wanted} mode: auto_increment follows"
        return Plan(health.state, because, increments, requeue_after_seconds=0.2) if increments else None
    through = others[0].pod
    if wanted is TopologyMode.MULTI_PRIMARY:
        because = f"topology.mode asks for {wanted}: every member is to take writes"
        return Plan(
            health.state, because, (*increments, SwitchMode(through, wanted)), requeue_after_seconds=0.2
        )
    target = _choose_primary(observation, members)
    because = f"topology.mode asks for {wanted}: {target.pod} goes on taking writes"
    switch = SwitchMode(through, wanted, target.pod, target.server_uuid)
    return Plan(health.state, because, (switch,), requeue_after_seconds=0.2)


def settle_primary(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Switch over to ``topology.primary`` when its value is another one than was last applied."""
    record, wanted = observation.record, observation.settings.topology_primary
    if record is None or wanted == record.topology_primary:
        return None
    if not wanted or wanted in health.primaries:
        because = f"topology.primary is applied: {wanted or 'the group elects'}"
        return Plan(health.state, because, (RecordPrimary(wanted),), requeue_after_seconds=0.2)
    old, target = health.primaries[0], observation.server(wanted)
    if target is None or target.state is not MemberState.ONLINE:
        return Plan(health.state, f"switchover from {old} to {wanted}: waiting for its answer")
    if target.backlog > MAX_BACKLOG:
        because = (
            f"switchover from {old} to {wanted}: waiting until it has applied {target.backlog} transactions"
        )
        return Plan(health.state, because, requeue_after_seconds=0.5)
    if progress.long_transactions and progress.switchover_seconds < MAX_TRANSACTION_WAIT_SECONDS:
        because = f"switchover from {old} to {wanted}: waiting for {progress.long_transactions} long transactions to end"
        return Plan(health.state, because, requeue_after_seconds=0.5)
    because = f"topology.primary asks for {wanted}, which has caught up: switchover from {old}"
    action = SwitchPrimary(old, wanted, target.server_uuid)
    return Plan(health.state, because, (action,), requeue_after_seconds=0.2)


def _refuse_tables(health: Health, progress: Progress, *, cascades_allowed: bool) -> Plan | None:
    if progress.unfit_tables is None:
        return Plan(health.state, "waiting for a look at the tables, which multi-primary mode must fit")
    unfit = [
        table
        for table in progress.unfit_tables
        if table.fault is not TableFault.CASCADE or not cascades_allowed
    ]
    if not unfit:
        return None
    listed = [f"{table.name} {table.fault}" for table in unfit[:MAX_NAMES]]
    more = [f"{len(unfit) - MAX_NAMES} more"] if len(unfit) > MAX_NAMES else []
    cascades = any(table.fault is TableFault.CASCADE for table in unfit)
    allow = ", or allow cascades with topology.allowForeignKeyCascades=true" if cascades else ""
    return _refuse(
        health,
        f"multi-primary mode cannot serve these tables: {', '.join([*listed, *more])}",
        f"change them{allow}, and run helm upgrade again; or set topology.mode=single-primary",
    )


def _members(observation: Observation, health: Health) -> list[ServerView]:
    """Give the members that answered, in the order of their ordinals."""
    found = answering_members(observation, health.authority) if health.authority else ()
    return sorted(found, key=lambda server: observation.settings.names.ordinal(server.pod))


def _increments(
    observation: Observation, members: Sequence[ServerView], mode: TopologyMode
) -> tuple[Action, ...]:
    """Give what is left to set for this mode.

    In single-primary mode only a multi-primary value is taken back: others are a user's own.
    """
    multi = {
        server.pod: auto_increment(TopologyMode.MULTI_PRIMARY, observation.settings.server_id(server.pod))
        for server in members
    }
    return tuple(
        SetAutoIncrement(server.pod, mode)
        for server in members
        if server.auto_increment is not None
        and (server.auto_increment != multi[server.pod]) is (mode is TopologyMode.MULTI_PRIMARY)
    )


def _choose_primary(observation: Observation, members: Sequence[ServerView]) -> ServerView:
    """Give the member that goes on taking writes: the one asked for, else the first that has caught up."""
    wanted = observation.settings.topology_primary
    online = [member for member in members if member.state is MemberState.ONLINE]
    return min(
        online,
        key=lambda member: (
            member.pod != wanted,
            _version(member),
            member.backlog if member.backlog > MAX_BACKLOG else 0,
        ),
    )


def _version(member: ServerView) -> tuple[int, ...]:
    """Give a version that compares: only a member of the lowest one may become primary."""
    parts = member.version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def _state(observation: Observation, health: Health, pod: str) -> str:
    """Say why a pod is not in the group; empty when it is, or is about to be."""
    seen = next((member.state for member in health.view if member.pod == pod), None)
    if seen is not None and seen.in_group:
        return ""
    server = observation.server(pod)
    if server is None:
        return "its server does not answer"
    return "" if server.state.in_group else f"its server is {server.state}"


def _refuse(health: Health, reason: str, what_to_do: str) -> Plan:
    return Plan(health.state, reason, refusal=Refusal(reason, what_to_do))
