"""Decides what a person may force where repair must not act: a group without its majority, or without all its servers.

Every plan names what would be lost; it is carried out only when each pod that could lose
transactions was given up by name.
"""

from collections.abc import Collection

from innodb_cluster.decide.health import Health, classify, lingering, refuse_foreign_group
from innodb_cluster.decide.seed import choose_seed
from innodb_cluster.model.actions import BootstrapGroup, EndServer, LeaveGroup
from innodb_cluster.model.observation import MemberState, Observation, ServerView
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.settings import TopologyMode

ANYTHING = "does not answer: everything that it alone holds"


def decide_force_bootstrap(observation: Observation, pod: str, given_up: Collection[str]) -> Plan:
    """Start the group again on one server after a complete outage, although others do not answer or hold more.

    Refuses while any server is in a group: where a majority is left nothing needs force,
    and where it is not, ``force-quorum`` takes a member out of it first.
    """
    return _start_group(observation, pod, given_up, is_typed=True)


def decide_force_start(observation: Observation, pod: str, given_up: Collection[str]) -> Plan:
    """Do the same after ``force-quorum`` has taken the server out of its group.

    Who was given up then and is back by now has nothing to give up any more, which is no typing error.
    """
    return _start_group(observation, pod, given_up, is_typed=False)


def _start_group(observation: Observation, pod: str, given_up: Collection[str], *, is_typed: bool) -> Plan:
    health = classify(observation)
    own = observation.server(pod)
    record = observation.record
    if refusal := _never_to_be_forced(observation, health):
        return _refuse(health, refusal)
    if record is None or own is None:
        return _refuse(health, _silent(pod))
    if in_group := [server.pod for server in observation.servers if server.state.in_group]:
        return _refuse(
            health,
            Refusal(
                f"{', '.join(in_group)} {'is' if len(in_group) == 1 else 'are'} in a group that has lost its majority",
                "use innodb-cluster force-quorum, or wait until its members have left it",
            ),
        )
    if refusal := _needs_no_force(observation, own):
        return _refuse(health, refusal)
    losses = _held_elsewhere(observation, own)
    losses |= dict.fromkeys(observation.silent, ANYTHING)
    named = given_up if is_typed else losses.keys() & set(given_up)
    if refusal := _ask(losses, named, f"starting the group on {pod}", "force-bootstrap"):
        return _refuse(health, refusal)
    mode = TopologyMode(record.topology_mode) if record.topology_mode else own.mode
    leave = (LeaveGroup(pod),) if own.state is MemberState.ERROR else ()
    # What others of the old group may still send does not reach one of another name.
    is_renamed = bool(losses) or any(other != pod for other in lingering(observation))
    because = f"a person starts the group on {pod} and gives up {_list(losses) or 'nothing'}"
    return Plan(health.state, because, (*leave, BootstrapGroup(pod, mode, renamed=is_renamed)))


def decide_force_quorum(observation: Observation, pod: str, given_up: Collection[str]) -> Plan:
    """Take a member out of a group whose majority is gone for good, so that the group can be started on it.

    The others must not run any more, or two groups would write: one that still answers is refused.
    ``group_replication_force_members`` would keep the group, but may hang until the member has
    left it all the same (ADR 33).
    """
    health = classify(observation)
    own = observation.server(pod)
    if refusal := _never_to_be_forced(observation, health):
        return _refuse(health, refusal)
    if own is None:
        return _refuse(health, _silent(pod))
    if not own.state.in_group:
        return _refuse(
            health,
            Refusal(
                f"{pod} is {own.state.value}: it is in no group whose quorum could be forced",
                "run this on a member that still is, or use innodb-cluster force-bootstrap when none is",
            ),
        )
    gone = [member.pod for member in own.view if member.state is MemberState.UNREACHABLE]
    if alive := [name for name in gone if observation.server(name)]:
        return _refuse(
            health,
            Refusal(
                f"{_list(alive)} cannot be reached by the group and still answers: it may be writing",
                "mend the network between the pods, or stop mysqld there first",
            ),
        )
    losses = dict.fromkeys(sorted(gone), "is unreachable: everything that it committed since")
    losses |= _held_elsewhere(observation, own)
    if refusal := _ask(losses, given_up, f"going on without {_list(losses)}", "force-quorum"):
        return _refuse(health, refusal)
    because = f"a person gives up {_list(losses)}: the server starts anew, and then the group on it"
    return Plan(health.state, because, (EndServer(pod),))


def waiting_to_start(observation: Observation, pod: str) -> str:
    """Say what the start of the group on a member that was taken out of the old one waits for; empty: for nothing."""
    if classify(observation).authority is not None:
        return ""
    own = observation.server(pod)
    if own is None or own.state.in_group:
        return f"{pod} to start anew"
    if others := [server.pod for server in observation.servers if server.state.in_group]:
        return f"{_list(others)} to leave the old group, which takes up to a minute"
    return ""


def _never_to_be_forced(observation: Observation, health: Health) -> Refusal | None:
    record = observation.record
    if record is None or not record.is_bootstrapped:
        return Refusal("the cluster has never been created", "helm upgrade creates it")
    if foreign := refuse_foreign_group(observation):
        return foreign
    if health.authority is not None:
        return Refusal(
            f"{health.authority.pod} sees a group with a majority",
            "nothing needs force: its agents bring the other members back",
        )
    return None


def _needs_no_force(observation: Observation, own: ServerView) -> Refusal | None:
    if observation.silent:
        return None
    seed = choose_seed(observation.servers, own.pod)
    if isinstance(seed, Refusal) or seed == own.pod:
        return None
    return Refusal(
        f"every server answers and {seed} holds every transaction",
        f"its agent starts the group by itself; where it does not: innodb-cluster force-bootstrap --pod {seed}",
    )


def _held_elsewhere(observation: Observation, own: ServerView) -> dict[str, str]:
    """Say of each server that answers what it holds and this one does not."""
    extras = {server.pod: server.transactions - own.transactions for server in observation.servers}
    return {pod: f"holds {extra}" for pod, extra in extras.items() if extra}


def _ask(losses: dict[str, str], given_up: Collection[str], what: str, command: str) -> Refusal | None:
    if unknown := sorted(set(given_up) - losses.keys()):
        return Refusal(f"{_list(unknown)} has nothing to give up", "name the pods that this command asks for")
    if not losses.keys() - set(given_up):
        return None
    told = "; ".join(f"{pod} {loss}" for pod, loss in sorted(losses.items()))
    options = " ".join(f"--give-up {pod}" for pod in sorted(losses))
    return Refusal(
        f"{what} may lose transactions: {told}",
        f"bring them back if you can; otherwise say which pods you give up: innodb-cluster {command} {options}",
    )


def _silent(pod: str) -> Refusal:
    return Refusal(f"the server of {pod} does not answer", "run this for a pod whose server does")


def _list(pods: Collection[str]) -> str:
    return ", ".join(pods)


def _refuse(health: Health, refusal: Refusal) -> Plan:
    return Plan(health.state, refusal.reason, refusal=refusal)
