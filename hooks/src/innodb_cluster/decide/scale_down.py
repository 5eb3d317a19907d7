"""Decides how members leave for good, when ``serverInstances`` becomes smaller.

Helm removes their pods between its hooks, so all of this comes before: nothing goes
unless every member that stays is ONLINE, holds everything and has the majority's word
for it. Members leave one by one, the primary's part having been given to one that stays.

``record.members`` stays as it is until the last of them has left: should the Job die and
everything fail in between, every volume is still waited for (``docs/adr/0014``).
"""

from innodb_cluster.decide.health import Health, answering_members, classify, refuse_foreign_group
from innodb_cluster.model.actions import Action, RecordAdmitted, RecordMembers, RetireMember, SwitchPrimary
from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.observation import MemberState, Observation, ServerView
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.state import GroupState

MAX_BACKLOG_TRANSACTIONS = 1000
"""A new primary applies its backlog before it takes writes: with more, clients would notice."""
_SERVING = {GroupState.ONLINE, GroupState.ONLINE_PARTIAL}


def shrinks(record: Record | None, target: int) -> bool:
    """Whether members of an existing cluster would have to leave for this ``serverInstances``."""
    return record is not None and record.is_bootstrapped and record.members > target


def decide_scale_down(observation: Observation, target: int) -> Plan:
    """Say what to do next so that every member from ordinal ``target`` on has left.

    ``observation.settings.server_instances`` is the number in the record: pods that may
    hold data. A refusal may be one of a moment; the caller asks again before it believes it.
    """
    health = classify(observation)
    record = observation.record
    if record is None or not shrinks(record, target):
        return Plan(health.state, "no member has to leave", done=True)
    if refusal := refuse_foreign_group(observation) or _obstacle(observation, health, target):
        return Plan(health.state, refusal.reason, refusal=refusal)
    leaving = observation.settings.pods[target:]
    if stuck := [m.pod for m in health.view if m.pod in leaving and m.pod in observation.silent]:
        because = f"waiting for {', '.join(stuck)} to answer, or for the group to expel them"
        return _next(health, because)
    if moving := _move_primary(observation, health, target):
        return moving
    if record.admitted != target:
        because = f"{_listed(leaving)} may not join any more: they leave for good"
        return _next(health, because, RecordAdmitted(target))
    for server in sorted(observation.servers, key=lambda server: -_ordinal(observation, server.pod)):
        if server.pod in leaving and (server.state.in_group or server.state is MemberState.ERROR):
            return _next(health, f"{server.pod} leaves the group", RetireMember(server.pod))
    if rest := [member.pod for member in health.view if member.pod in leaving]:
        return _next(health, f"waiting for the group to see that {_listed(rest)} left")
    because = f"{_listed(leaving)} left, {target} of {record.members} members are staying"
    return _next(health, because, RecordMembers(target))


def _obstacle(observation: Observation, health: Health, target: int) -> Refusal | None:
    """Say what would lose the majority or the only copy of something."""
    authority = health.authority
    if authority is None or health.state not in _SERVING:
        silent = f"; no answer: {_listed(observation.silent)}" if observation.silent else ""
        reason = f"serverInstances cannot become {target} while the group is {health.state.value}{silent}"
        return Refusal(reason, _bring_back(observation, target))
    confirmed = {server.pod: server for server in answering_members(observation, authority)}
    seen = {member.pod: member.state for member in health.view}
    staying = observation.settings.pods[:target]
    missing = [
        f"{pod} is {_shown(observation, seen, pod)}"
        for pod in staying
        if seen.get(pod) is not MemberState.ONLINE
        or pod not in confirmed
        or confirmed[pod].state is not MemberState.ONLINE
    ]
    if missing:
        online = sum(state is MemberState.ONLINE for state in seen.values())
        reason = (
            f"serverInstances cannot become {target}: the members that would stay must all be ONLINE, "
            f"but {', '.join(missing)}; {target - len(missing)} of the {online} members that are ONLINE would be left"
        )
        return Refusal(reason, _bring_back(observation, target))
    return _only_copy(observation, tuple(confirmed[pod] for pod in staying), target)


def _only_copy(observation: Observation, staying: tuple[ServerView, ...], target: int) -> Refusal | None:
    """Refuse to let a server go that is outside of the group and holds what nobody in it has."""
    held = GtidSet()
    for member in staying:
        held |= member.transactions
    for pod in observation.settings.pods[target:]:
        server = observation.server(pod)
        if server is None or server.state.in_group:
            continue
        if extra := server.transactions - held:
            return Refusal(
                reason=f"{pod} would go, and it alone holds transactions {extra}",
                what_to_do=f"save them with mysqlbinlog if they matter, then delete claim data-{pod} and the pod, "
                "and run this upgrade again",
            )
    return None


def _move_primary(observation: Observation, health: Health, target: int) -> Plan | None:
    """Give the primary's part to a member that stays: the one with the least left to apply."""
    authority = health.authority
    staying = observation.settings.pods[:target]
    if authority is None or authority.mode is not TopologyMode.SINGLE_PRIMARY:
        return None
    if set(health.primaries) & set(staying):
        return None
    if not health.primaries:
        return _next(health, "waiting for the group to elect a primary")
    heirs = [server for server in observation.servers if server.pod in staying]
    heir = min(heirs, key=lambda server: (_backlog(server), _ordinal(observation, server.pod)))
    if _backlog(heir) > MAX_BACKLOG_TRANSACTIONS:
        because = (
            f"waiting for {heir.pod} to apply {_backlog(heir)} transactions before it becomes the primary"
        )
        return _next(health, because)
    because = f"primary {health.primaries[0]} is to leave: {heir.pod} takes over"
    return _next(health, because, SwitchPrimary(health.primaries[0], heir.pod, heir.server_uuid))


def _backlog(server: ServerView) -> int:
    return (server.received - server.executed).count


def _bring_back(observation: Observation, target: int) -> str:
    now = observation.settings.server_instances
    advice = (
        f"run helm upgrade with serverInstances={now} and wait until innodb-cluster status shows every "
        f"staying member ONLINE, then make it {target}"
    )
    if any(pod in observation.silent for pod in observation.settings.pods[target:]):
        advice += (
            f"; if servers from {observation.settings.names.pod(target)} on are gone for good and nothing on them is "
            f"needed, set serverInstances in ConfigMap {observation.settings.names.state} to {target}"
        )
    return advice


def _shown(observation: Observation, seen: dict[str, MemberState], pod: str) -> str:
    server = observation.server(pod)
    if server is None:
        return "silent"
    return server.state.value if server.state is not MemberState.ONLINE else seen.get(pod, "outside").lower()


def _next(health: Health, because: str, *actions: Action) -> Plan:
    return Plan(health.state, because, actions, requeue_after_seconds=0.3)


def _ordinal(observation: Observation, pod: str) -> int:
    return observation.settings.names.ordinal(pod)


def _listed(pods: tuple[str, ...] | list[str]) -> str:
    return ", ".join(pods)
