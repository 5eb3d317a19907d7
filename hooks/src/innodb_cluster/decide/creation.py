"""Decides what the converge Job does next: create the cluster once, then wait until it is whole."""

from collections.abc import Sequence

from innodb_cluster.decide.changes.rollout import replace_broken
from innodb_cluster.decide.changes.steps import decide_changes
from innodb_cluster.decide.changes.topology import refuse_uncertain_change
from innodb_cluster.decide.health import Health, classify, lingering, refuse_foreign_group
from innodb_cluster.decide.restore import decide_restore, restored_seed
from innodb_cluster.decide.seed import choose_seed
from innodb_cluster.model.actions import (
    BootstrapGroup,
    EnsureAccounts,
    EnsureMetadata,
    ForgetCluster,
    LeaveGroup,
    RecordBootstrapped,
    RecordSeed,
)
from innodb_cluster.model.observation import MemberState, Observation, ServerView, may_join
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import ForgetReplication
from innodb_cluster.model.state import GroupState


def decide_creation(observation: Observation, progress: Progress) -> Plan:
    """Say what to do next towards a cluster that is whole.

    Creation is explicit and happens once: after ``bootstrapped`` is in the record, a
    group is only ever started again by the agents' repair.
    """
    health = classify(observation)
    record = observation.record
    if record is None:
        return Plan(health.state, "waiting for the prepare Job to write the record of the cluster")
    if restoring := decide_restore(observation, health, progress.restore):
        return restoring
    if refusal := refuse_foreign_group(observation):
        return _refuse(health, refusal)
    if health.is_split:
        return _split(health, progress)
    if broken := replace_broken(observation, health, progress):
        return broken
    if uncertain := refuse_uncertain_change(observation, health, progress):
        return _refuse(health, uncertain)
    return _bring_together(observation, record, health, progress)


def _bring_together(observation: Observation, record: Record, health: Health, progress: Progress) -> Plan:
    match health.state:
        case GroupState.NEW:
            return _create(observation, record, health)
        case GroupState.ONLINE | GroupState.ONLINE_PARTIAL | GroupState.ONLINE_UNCERTAIN:
            return _complete(observation, record, health, progress)
        case GroupState.OFFLINE if not any(server.transactions for server in observation.servers):
            because = "the record knows a cluster, and every volume is empty: another one takes its place"
            return Plan(health.state, because, (ForgetCluster(record.group_name),), requeue_after_seconds=0.1)
        case GroupState.OFFLINE | GroupState.OFFLINE_UNCERTAIN:
            because = "the cluster exists and is stopped: its agents start it again" + _missing(observation)
            return Plan(health.state, because)
        case GroupState.NO_QUORUM | GroupState.NO_QUORUM_UNCERTAIN:
            return Plan(health.state, "the group has lost its majority" + _missing(observation))
        case GroupState.SPLIT_BRAIN | GroupState.SPLIT_BRAIN_UNCERTAIN:
            return _split(health, progress)


def _split(health: Health, progress: Progress) -> Plan:
    """Refuse to choose between two groups that last; what is seen for a moment may be a member that is late to notice something.

    Seen once on 9.7.4, on a busy machine while two members joined a restored group. What it was is not known.
    """
    if progress.split_seconds >= SPLIT_PATIENCE_SECONDS:
        return _refuse(health, SPLIT_BRAIN)
    return Plan(health.state, f"{SPLIT_BRAIN.reason}: waiting whether one gives way")


SPLIT_PATIENCE_SECONDS = 30.0
"""Several times what a member needs to notice that it was expelled."""
SPLIT_BRAIN = Refusal(
    reason="two groups with a majority of their own exist",
    what_to_do="stop Group Replication on the members of the group that you give up, then run helm upgrade again",
)


def _create(observation: Observation, record: Record, health: Health) -> Plan:
    restored = restored_seed(record)
    if observation.silent and (not restored or restored in observation.silent):
        because = "waiting for every server to answer before the group is created" + _missing(observation)
        if restored:
            because = f"waiting for {restored}, which has the restored data, to answer"
        return Plan(health.state, because, requeue_after_seconds=0.3)
    holders = [server.pod for server in observation.servers if server.transactions]
    if holders and not record.seed:
        return _refuse(health, _unknown_data(holders, observation))
    preferred = record.seed or observation.settings.topology_primary
    seed = choose_seed(_in_order(observation), preferred)
    if isinstance(seed, Refusal):
        return _refuse(health, seed)
    if leaving := lingering(observation):
        because = f"{', '.join(leaving)} ends what is left of an earlier group before one starts"
        return Plan(health.state, because, tuple(map(LeaveGroup, leaving)), requeue_after_seconds=0.0)
    mode = observation.settings.topology_mode
    intent = () if record.seed == seed and not record.topology_primary else (RecordSeed(seed),)
    forget = (ForgetReplication(seed),) if restored else ()
    because = f"no group exists yet, all {len(observation.servers)} servers answer: {seed} bootstraps it"
    if restored:
        because = f"{seed} has the restored data and bootstraps a new group"
    actions = (*intent, *forget, BootstrapGroup(seed, mode))
    return Plan(health.state, because, actions, requeue_after_seconds=0.0)


def _complete(observation: Observation, record: Record, health: Health, progress: Progress) -> Plan:
    """Order the rest: accounts are changed only while nobody joins.

    An account statement holds the privilege lock until the group has certified it, and
    with the MySQL communication stack a joining member must log in for that: both wait
    for each other until mysqld is killed (seen on 9.7.4).
    """
    if not health.primaries:
        return Plan(health.state, "waiting for the group to elect a primary", requeue_after_seconds=0.3)
    primary = health.primaries[0]
    mode = health.authority.mode if health.authority else observation.settings.topology_mode
    if not record.is_bootstrapped:
        because = f"the group is there with primary {primary}: accounts and metadata follow, then the others may join"
        actions = (EnsureAccounts(primary), EnsureMetadata(primary, mode), RecordBootstrapped(mode))
        return Plan(health.state, because, actions, requeue_after_seconds=0.0)
    members = [pod for pod in observation.settings.pods if may_join(observation, pod)]
    if not set(members) <= set(health.online):
        return Plan(health.state, _waiting_members(observation, health), requeue_after_seconds=0.3)
    if unsettled := _unsettled_members(observation, health):
        because = f"waiting for members to join or leave: {', '.join(unsettled)}"
        return Plan(health.state, because, requeue_after_seconds=0.5)
    if not progress.accounts_done:
        because = "every member is ONLINE: the accounts are compared with the Secrets"
        return Plan(health.state, because, (EnsureAccounts(primary),), requeue_after_seconds=0.0)
    if len(members) < len(observation.settings.pods):
        because = "the record lets the new members join"
        return Plan(health.state, because, (RecordBootstrapped(mode),), requeue_after_seconds=0.0)
    return decide_changes(observation, health, progress)


def _waiting_members(observation: Observation, health: Health) -> str:
    seen = {member.pod: member.state.value for member in health.view}
    states = []
    for pod in observation.settings.pods:
        server = observation.server(pod)
        own = server.state.value if server else "no answer"
        states.append(f"{pod} {seen.get(pod, own)}")
    return "waiting for members: " + ", ".join(states)


def _unsettled_members(observation: Observation, health: Health) -> tuple[str, ...]:
    """Name members beside those that are admitted and ONLINE: on their way in, or on their way out for good."""
    wanted = observation.settings.pods
    return tuple(
        f"{member.pod} {member.state.value}"
        for member in health.view
        if member.state is not MemberState.ONLINE or member.pod not in wanted
    )


def _missing(observation: Observation) -> str:
    return f" (no answer: {', '.join(observation.silent)})" if observation.silent else ""


def _in_order(observation: Observation) -> Sequence[ServerView]:
    return sorted(observation.servers, key=lambda server: observation.settings.names.ordinal(server.pod))


def _refuse(health: Health, refusal: Refusal) -> Plan:
    return Plan(health.state, refusal.reason, refusal=refusal)


def _unknown_data(holders: Sequence[str], observation: Observation) -> Refusal:
    state = observation.settings.names.state
    return Refusal(
        reason=f"{', '.join(holders)} hold transactions of an earlier cluster, and ConfigMap {state} has no record of it",
        what_to_do=f"restore {state}, or delete the claims of an installation that you do not need, "
        f"or set seed in {state} to the pod whose data is to be kept",
    )
