"""Random histories of faults, actors that are stopped anywhere, and clients that write."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from innodb_cluster.model.settings import TopologyMode
from tests.simulation.actors import JOB_HOST
from tests.simulation.invariants import healthy_plans_are_empty
from tests.simulation.kubernetes import NAMES, Availability
from tests.simulation.scheduling import Actor
from tests.simulation.world import World, created

MAX_SIZE = 4
PODS = st.integers(0, MAX_SIZE - 1)
EFFECTS = st.integers(1, 12)
INTERESTING = [
    "bootstrap_group = ON",
    "START GROUP_REPLICATION",
    " starts",
    "bootstrap_group = OFF",
    "STOP GROUP_REPLICATION",
    "WRITE",
    "PATCH db-state",
    "db-bootstrap",
    "PATCH db-0",
]
"""Effects before or after which it is most telling to stop."""


class Histories(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(size=0)

    @initialize(
        size=st.sampled_from([3, 3, 3, 1, 2]),
        mode=st.sampled_from([TopologyMode.SINGLE_PRIMARY, TopologyMode.SINGLE_PRIMARY, TopologyMode.MULTI_PRIMARY]),
        is_created=st.booleans(),
        clones=st.booleans(),
    )
    def begin(self, size: int, mode: TopologyMode, is_created: bool, clones: bool) -> None:
        self.world = created(size, mode) if is_created else World(size, mode)
        self.world.replication.clones = clones

    def pod(self, index: int) -> str:
        return self.world.pods[index % self.world.size]

    # actors

    @rule(index=PODS, effects=EFFECTS)
    def agent_goes_on(self, index: int, effects: int) -> None:
        self.world.advance(self.world.agents[self.pod(index)], effects)

    @rule(index=PODS)
    def agent_ends_its_step(self, index: int) -> None:
        self.world.finish_step(self.world.agents[self.pod(index)])

    @rule(index=PODS)
    def agent_is_killed(self, index: int) -> None:
        self.world.restart_agent(self.pod(index))

    @precondition(lambda self: len(self.world.jobs) < 2)
    @rule(effects=EFFECTS)
    def job_starts(self, effects: int) -> None:
        self.world.advance(self.world.start_job(), effects)

    @precondition(lambda self: self.world.jobs)
    @rule(index=PODS, effects=EFFECTS)
    def job_goes_on(self, index: int, effects: int) -> None:
        self.world.advance(self.world.jobs[index % len(self.world.jobs)], effects)

    @precondition(lambda self: self.world.jobs)
    @rule(index=PODS)
    def job_is_killed(self, index: int) -> None:
        self.world.kill_job(self.world.jobs[index % len(self.world.jobs)])

    @rule(effect=st.sampled_from(INTERESTING), then=st.sampled_from(["stops there", "is killed", "goes on"]))
    def somebody_gets_as_far_as(self, effect: str, then: str) -> None:
        actor = self.world.run_until(effect)
        if actor is None or then == "stops there":
            return
        self.world.advance(actor)
        if then == "is killed":
            self.kill(actor)

    def kill(self, actor: Actor) -> None:
        if actor in self.world.jobs:
            self.world.kill_job(actor)
        elif actor.is_alive:
            self.world.restart_agent(actor.name)

    @rule(index=PODS)
    def server_reacts(self, index: int) -> None:
        self.world.react(self.pod(index))

    @rule(rounds=st.integers(1, 3))
    def all_servers_react(self, rounds: int) -> None:
        for pod in self.world.pods * rounds:
            self.world.react(pod)

    @rule(rounds=st.integers(1, 4))
    def everybody_has_a_turn(self, rounds: int) -> None:
        self.world.settle(rounds, seconds=5)

    @rule(receivers=st.sets(PODS, max_size=2), dies=st.booleans())
    def client_writes(self, receivers: set[int], dies: bool) -> None:
        for group in self.world.replication.writable_groups():
            pod = self.world.replication.writers(group)[0].pod
            self.world.replication.write(pod, [self.pod(index) for index in receivers], dies=dies)

    @rule(seconds=st.sampled_from([3, 25, 130]))
    def time_passes(self, seconds: int) -> None:
        self.world.around.time.seconds += seconds

    # faults

    @rule(index=PODS)
    def server_crashes(self, index: int) -> None:
        self.world.replication.crash(self.pod(index))

    @rule()
    def all_servers_crash(self) -> None:
        for pod in self.world.pods:
            self.world.replication.crash(pod)
            self.world.replication.servers[pod].is_up = True

    @rule(index=PODS)
    def server_shuts_down(self, index: int) -> None:
        self.world.replication.shut_down(self.pod(index))

    @rule(index=PODS)
    def server_runs_again(self, index: int) -> None:
        server = self.world.replication.servers[self.pod(index)]
        server.is_up, server.is_frozen = True, False

    @rule(index=PODS)
    def server_freezes(self, index: int) -> None:
        server = self.world.replication.servers[self.pod(index)]
        server.is_frozen = server.is_up

    @rule(index=PODS)
    def disk_is_lost(self, index: int) -> None:
        self.world.replication.lose_disk(self.pod(index))

    @precondition(lambda self: not self.world.is_bootstrapping)
    @rule(index=PODS)
    def person_writes_outside_the_group(self, index: int) -> None:
        server = self.world.replication.servers[self.pod(index)]
        if server.runs and not server.is_replicating:
            self.world.replication.write_outside_the_group(server.pod)

    @rule(cells=st.lists(st.integers(0, 2), min_size=MAX_SIZE, max_size=MAX_SIZE), sql_too=st.booleans())
    def network_splits(self, cells: list[int], sql_too: bool) -> None:
        self.world.partition(cells)
        if sql_too:
            pairs = [(a.pod, b.pod) for a in self.world.servers for b in self.world.servers if a.cell != b.cell]
            self.world.around.blocked.update(pairs)

    @rule(host=st.integers(-1, MAX_SIZE - 1), index=PODS)
    def server_is_hidden_from(self, host: int, index: int) -> None:
        name = JOB_HOST if host < 0 else self.pod(host)
        if name != self.pod(index):
            self.world.around.blocked.add((name, self.pod(index)))

    @rule()
    def network_heals(self) -> None:
        self.world.partition([0] * MAX_SIZE)
        self.world.around.blocked.clear()

    @rule(availability=st.sampled_from(Availability))
    def api_changes(self, availability: Availability) -> None:
        self.world.cluster.availability = availability

    @precondition(lambda self: self.world.cluster.record.is_bootstrapped)
    @rule(size=st.integers(1, MAX_SIZE))
    def values_scale(self, size: int) -> None:
        self.world.scale(size)

    @invariant()
    def all_invariants_hold(self) -> None:
        self.world.invariants.check()
        if self.world.is_whole:
            healthy_plans_are_empty(self.world.replication, self.world.cluster)

    def teardown(self) -> None:
        try:
            self.world.converge()
        finally:
            self.world.close()


PROFILE = os.environ.get("SIMULATION_PROFILE", "")
TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(PROFILE or 100),
    stateful_step_count=50,
    derandomize=not PROFILE,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
