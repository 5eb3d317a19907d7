"""Decides what an agent does next for its own member.

An agent acts on its own server only, and never creates a cluster: that is the
converge Job's explicit act. A healthy member gives an empty plan.
"""

from collections.abc import Iterable

from innodb_cluster.decide.cloning import must_be_cloned, prefers_clone, wait_for_clone
from innodb_cluster.decide.health import Health, answering_members, classify, lingering, refuse_foreign_group
from innodb_cluster.decide.lost_quorum import who_is_missed
from innodb_cluster.decide.seed import choose_seed
from innodb_cluster.model.actions import (
    Action,
    BootstrapGroup,
    EndOfflineMode,
    EndServer,
    ForbidBootstrap,
    JoinGroup,
    LeaveGroup,
    SetAutoIncrement,
)
from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.observation import MemberState, Observation, ServerView, may_join
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.state import GroupState
from innodb_cluster.model.topology import auto_increment

SETTLED_SECONDS = 3.0
UNSETTLED_SECONDS = 1.0
ADMISSION_SECONDS = 0.4
"""While a member waits for the group to be made and to be let in: a whole installation waits with it."""
BINARY_LOGS_ARE_GONE = 13114
"""ER_SERVER_SOURCE_FATAL_ERROR_READING_BINLOG: the donor answered with error 1236."""
HEAD_START_SECONDS = 0.25
"""A member takes one new connection of the communication layer in 0.1 s and turns others away; one that is turned away
ten times, within 50 ms, tries again only after seven seconds (seen on 9.7.4). Much later, the one before is in the group
already, and two members that connect to a new one turn each other away for a second (ADR 26)."""


def decide_repair(observation: Observation, pod: str) -> Plan:
    """Say what this pod's agent does next.

    ``observation`` holds the own server and, unless that is ONLINE, every other
    configured one: what could not be asked is silent.
    """
    health = classify(observation)
    own = observation.server(pod)
    if own is None:
        return _wait(health, "the server does not answer yet")
    match own.state:
        case MemberState.ONLINE:
            return _online(observation, health, own)
        case MemberState.RECOVERING:
            return _recovering(observation, health, own)
        case MemberState.OFFLINE | MemberState.ERROR | MemberState.UNREACHABLE:
            return _outside(observation, health, own)


def _online(observation: Observation, health: Health, own: ServerView) -> Plan:
    if not own.has_quorum:
        return _without_majority(observation, health, own)
    if own.bootstrap_flag:
        because = "a bootstrap was interrupted after it had worked: its permission is taken back"
        return Plan(health.state, because, (ForbidBootstrap(own.pod),), UNSETTLED_SECONDS)
    if own.offline_mode:
        because = "the member is back in the group: clients are let in again"
        return Plan(health.state, because, (EndOfflineMode(own.pod),), UNSETTLED_SECONDS)
    if own.mode is TopologyMode.MULTI_PRIMARY and own.auto_increment not in {
        None,
        auto_increment(own.mode, observation.settings.server_id(own.pod)),
    }:
        because = "the group runs in multi-primary mode: auto_increment follows"
        return Plan(health.state, because, (SetAutoIncrement(own.pod, own.mode),), UNSETTLED_SECONDS)
    return Plan(health.state, "the member is ONLINE", requeue_after_seconds=SETTLED_SECONDS)


def _without_majority(observation: Observation, health: Health, own: ServerView) -> Plan:
    """Wait for the majority, unless every server answers and so many are in no group that there can be none any more.

    Who was restarted cannot go back: only a majority lets members in. MySQL would wait for 30 s, and needs as long to
    leave such a group by statement.
    """
    outside = {server.pod for server in observation.servers if not server.state.in_group}
    gone = sum(member.pod in outside for member in own.view)
    if observation.silent or gone * 2 < len(own.view):
        return _wait(health, "the member sees no majority of its group and waits for it")
    because = "the group can have no majority any more, for its members have been restarted: starting the server anew"
    return Plan(health.state, because, (EndServer(own.pod),), UNSETTLED_SECONDS)


def _outside(observation: Observation, health: Health, own: ServerView) -> Plan:
    if observation.ending:
        return _wait(health, "the pod is being deleted: its server starts nothing any more")
    if foreign := refuse_foreign_group(observation):
        return Plan(health.state, foreign.reason, refusal=foreign, requeue_after_seconds=SETTLED_SECONDS)
    if health.is_split:
        return _wait(health, "two groups exist: a person must give one up")
    if health.authority is not None and not may_join(observation, own.pod):
        because = "a group is there: the converge Job will say when this member may join it"
        return Plan(health.state, because, requeue_after_seconds=ADMISSION_SECONDS)
    if health.authority is not None:
        return _join(observation, health, health.authority, own)
    match health.state:
        case GroupState.NEW:
            because = "the cluster has not been created yet: the converge Job does that"
            return Plan(health.state, because, requeue_after_seconds=ADMISSION_SECONDS)
        case GroupState.OFFLINE:
            return _complete_outage(observation, health, own)
        case GroupState.OFFLINE_UNCERTAIN:
            if missed := who_is_missed(observation):
                return _wait(health, f"no group is there, and {missed}" + _way_out("force-bootstrap"))
            return _complete_outage(observation, health, own)
        case _:
            return _wait(health, "the group has lost its majority: waiting for it" + _way_out("force-quorum"))


def _way_out(command: str) -> str:
    """Name the command for the day when what is waited for never comes."""
    return f" (gone for good? innodb-cluster {command})"


def _join(observation: Observation, health: Health, authority: ServerView, own: ServerView) -> Plan:
    """Join, once a majority confirms by its own word that it is there and that one of it can be the donor.

    One server's view is not enough: a primary that was frozen still sees its old group for
    some seconds, and lacks what the others have committed since. Nor is a member of use that
    sees no majority itself: while the network heals, one that joins through it waits for half a minute.
    """
    members = answering_members(observation, authority)
    seeing = [member for member in members if member.has_quorum]
    donors = tuple(member.pod for member in seeing if member.state is MemberState.ONLINE)
    if not donors or len(seeing) * 2 <= len(authority.view):
        return _wait(health, f"{authority.pod} sees a group whose majority does not confirm it: asking again")
    if any(member.pod == own.pod for member in authority.view):
        return _wait(
            health, "the group still counts the server that this one was before: waiting until it is expelled"
        )
    errant = own.transactions - _held(members)
    if errant:
        refusal = Refusal(
            reason=f"{own.pod} holds transactions that the group does not have: {errant}",
            what_to_do=f"save them with mysqlbinlog if they matter, then delete claim data-{own.pod} and the pod: "
            "the member is cloned from the group",
        )
        return Plan(health.state, refusal.reason, refusal=refusal, requeue_after_seconds=SETTLED_SECONDS)
    if first := wait_for_clone(observation, members, own):
        return _wait(health, f"this member must be cloned, and a donor serves one at a time: {first}")
    because = f"a group with a majority is there (seen by {authority.pod}): joining it"
    head_start_seconds = HEAD_START_SECONDS * _joining_before(observation, own)
    join = JoinGroup(own.pod, authority.mode, donors, head_start_seconds, prefers_clone(own, members))
    actions = (*_leave_first(own), join)
    return Plan(health.state, because, actions, UNSETTLED_SECONDS)


def _joining_before(observation: Observation, own: ServerView) -> int:
    """Count the servers with a lower ordinal that may be joining at this moment."""
    ordinal = observation.settings.names.ordinal
    return sum(
        not server.state.in_group and ordinal(server.pod) < ordinal(own.pod) for server in observation.servers
    )


def _recovering(observation: Observation, health: Health, own: ServerView) -> Plan:
    """Let recovery run, however long; end it only where it can never end.

    That is where it asks donors for binary logs that none of them has any more, because its
    clone was turned away; and a group without any ONLINE member, so without a donor, while
    a server outside of it holds transactions that nobody in it has.
    """
    members = answering_members(observation, own)
    if own.recovery_error == BINARY_LOGS_ARE_GONE and must_be_cloned(own, members):
        because = (
            "recovery asks for binary logs that no donor has any more: leaving, so that it can be cloned"
        )
        return Plan(health.state, because, (LeaveGroup(own.pod),), UNSETTLED_SECONDS)
    outside = [server for server in observation.servers if not server.state.in_group]
    has_donor = any(member.state is MemberState.ONLINE for member in own.view)
    if has_donor or not members or _held(members).contains(_held(outside)):
        return _wait(health, "the member is in distributed recovery")
    because = (
        "no member of the group is ONLINE, and a server outside holds more: leaving, so that it can start one"
    )
    return Plan(health.state, because, (LeaveGroup(own.pod),), UNSETTLED_SECONDS)


def _held(servers: Iterable[ServerView]) -> GtidSet:
    held = GtidSet()
    for server in servers:
        held |= server.transactions
    return held


def _complete_outage(observation: Observation, health: Health, own: ServerView) -> Plan:
    names = observation.settings.names
    servers = sorted(observation.servers, key=lambda server: names.ordinal(server.pod))
    if not any(server.transactions for server in servers):
        return _wait(
            health, "the record knows the cluster and every volume is empty: helm upgrade creates it anew"
        )
    if own.state is MemberState.ERROR:
        because = "complete outage: the member ends what is left of its old group before one starts"
        return Plan(health.state, because, (LeaveGroup(own.pod),), UNSETTLED_SECONDS)
    if leaving := ", ".join(lingering(observation)):
        because = f"complete outage: {leaving} still ends what is left of the old group, which could reach a new one"
        return _wait(health, because)
    seed = choose_seed(servers)
    if isinstance(seed, Refusal):
        return Plan(health.state, seed.reason, refusal=seed, requeue_after_seconds=SETTLED_SECONDS)
    if seed != own.pod:
        return _wait(health, f"complete outage: {seed} holds every transaction and starts the group")
    because = f"complete outage: all {len(servers)} servers answer, none is in a group, {seed} holds every transaction"
    if observation.silent:
        silent = ", ".join(observation.silent)
        because = f"no group is there, {silent} cannot be running and is left behind: {seed} holds most"
    bootstrap = BootstrapGroup(seed, _last_mode(observation, own), renamed=bool(observation.silent))
    return Plan(health.state, because, (bootstrap,), UNSETTLED_SECONDS)


def _last_mode(observation: Observation, own: ServerView) -> TopologyMode:
    """Give the mode that the group ran in: a restarted server has forgotten it, the record has not."""
    recorded = observation.record.topology_mode if observation.record else ""
    return TopologyMode(recorded) if recorded else own.mode


def _leave_first(own: ServerView) -> tuple[Action, ...]:
    return (LeaveGroup(own.pod),) if own.state is MemberState.ERROR else ()


def _wait(health: Health, because: str) -> Plan:
    return Plan(health.state, because, requeue_after_seconds=UNSETTLED_SECONDS)
