"""Every observation of three servers that differs: what may be decided on it, whatever led there."""

from collections.abc import Iterator
from itertools import product

import pytest

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import BootstrapGroup, EndServer, JoinGroup, LeaveGroup
from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.observation import Observation, ServerView
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.record import Record
from tests.unit.builders import (
    ERROR,
    GROUP,
    OFFLINE,
    ONLINE,
    RECOVERING,
    UNREACHABLE,
    member,
    record,
    seen,
    stopped,
)

PODS = ("db-0", "db-1", "db-2")
SETS = ("", f"{GROUP}:1", f"{GROUP}:1-2", f"{GROUP}:1:3")
RECORDS = {
    "no cluster yet": record(bootstrapped=False),
    "an interrupted creation": record(bootstrapped=False, seed="db-1"),
    "a cluster": record(),
}


def every_server(pod: str) -> Iterator[ServerView | None]:
    """Give what a look at this pod may give; None stands for no answer."""
    yield None
    for transactions in SETS:
        yield stopped(pod, transactions)
        yield stopped(pod, "", transactions, ERROR)
    others = [other for other in PODS if other != pod]
    yield member(pod, gtids=SETS[2])
    yield member(pod, {pod: ONLINE}, primary=pod, gtids=SETS[2])
    yield member(pod, {pod: RECOVERING, others[0]: ONLINE}, primary=others[0], gtids=SETS[1])
    yield member(pod, dict.fromkeys(PODS, RECOVERING), primary="")
    minority = {pod: ONLINE, others[0]: UNREACHABLE, others[1]: UNREACHABLE}
    yield member(pod, minority, primary=pod, gtids=SETS[3])
    yield member(pod, {pod: ONLINE}, primary=pod, gtids=SETS[2], view_id="18:1")
    yield member(pod, {pod: ONLINE}, primary=pod, gtids=SETS[2], group_name="another")


def every_observation(written: Record) -> Iterator[Observation]:
    """Give every combination of three servers."""
    for servers in product(*map(every_server, PODS)):
        yield seen(*(server for server in servers if server is not None), written=written)


def bootstraps(plan: Plan) -> list[str]:
    """Name the pods on which a plan starts a group."""
    return [action.pod for action in plan.actions if isinstance(action, BootstrapGroup)]


@pytest.mark.parametrize("written", RECORDS.values(), ids=RECORDS.keys())
def test_a_group_is_started_only_by_one_actor_on_a_server_that_lacks_nothing(written: Record) -> None:
    """Invariants 1 and 2, for the plans of all agents and of the Job together."""
    for observation in every_observation(written):
        by_agents = {pod: bootstraps(decide_repair(observation, pod)) for pod in PODS}
        by_job = bootstraps(decide_creation(observation, Progress()))
        everywhere = [*by_job, *(seed for seeds in by_agents.values() for seed in seeds)]
        assert len(everywhere) <= 1
        assert all(seeds in ([], [pod]) for pod, seeds in by_agents.items())
        for seed in everywhere:
            assert not observation.silent
            assert {server.state for server in observation.servers} == {OFFLINE}
            chosen = observation.server(seed)
            assert chosen is not None
            assert all(chosen.transactions.contains(s.transactions) for s in observation.servers)


@pytest.mark.parametrize("written", RECORDS.values(), ids=RECORDS.keys())
def test_an_agent_acts_on_its_own_server_and_leaves_a_healthy_one_alone(written: Record) -> None:
    """Invariant 8; and nobody with transactions of its own joins (invariant 5)."""
    for observation in every_observation(written):
        for pod in PODS:
            plan = decide_repair(observation, pod)
            own = observation.server(pod)
            assert all(getattr(action, "pod", pod) == pod for action in plan.actions)
            if own is None:
                assert plan.actions == ()
            elif own.state is ONLINE and own.has_quorum:
                assert not any(
                    isinstance(action, LeaveGroup | EndServer | JoinGroup) for action in plan.actions
                )
            if any(isinstance(action, JoinGroup) for action in plan.actions):
                members = [server for server in observation.servers if server.state.in_group]
                assert own is not None
                assert any(server.has_quorum for server in members)
                assert union(members).contains(own.transactions)


def union(servers: list[ServerView]) -> GtidSet:
    """Give everything that these servers hold."""
    held = GtidSet()
    for server in servers:
        held |= server.transactions
    return held
