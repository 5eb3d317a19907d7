"""Random histories of faults, actors that are stopped anywhere, and clients that write.

By default the same histories each time. ``SIMULATION_EXAMPLES=20000`` runs that many new ones.
"""

import os
from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from innodb_cluster.model.settings import TopologyMode
from tests.simulation.actors import JOB_HOST
from tests.simulation.invariants import healthy_plans_are_empty
from tests.simulation.kubernetes import Availability
from tests.simulation.scheduling import Actor
from tests.simulation.world import Stop, World, created

MAX_SIZE = 4
INDEX = st.integers(0, 11)
"""Chooses one of whatever there is."""
PODS = st.lists(st.integers(0, MAX_SIZE - 1), min_size=1, max_size=MAX_SIZE, unique=True)
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
    "connect",
]
"""Effects before or after which it tells most to stop."""
STOPS: tuple[Stop, ...] = get_args(Stop)


class Histories(RuleBasedStateMachine):
    """Everything that may happen, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(size=0)
        self.person_interferes = False

    @initialize(
        size=st.sampled_from([3, 3, 3, 1, 2]),
        mode=st.sampled_from(
            [TopologyMode.SINGLE_PRIMARY, TopologyMode.SINGLE_PRIMARY, TopologyMode.MULTI_PRIMARY]
        ),
        is_created=st.sampled_from([True, True, False]),
        clones=st.booleans(),
        person=st.sampled_from([False, False, False, True]),
    )
    def begin(self, size: int, mode: TopologyMode, *, is_created: bool, clones: bool, person: bool) -> None:
        self.person_interferes = person
        self.world = created(size, mode) if is_created else World(size, mode)
        if not is_created:
            self.world.start_job()
        self.world.replication.clones = clones

    # --- who acts ---

    @rule(rounds=st.integers(1, 4), writes=st.booleans())
    def everybody_has_a_turn(self, rounds: int, *, writes: bool) -> None:
        for _ in range(rounds):
            self.world.settle(1, seconds=5)
            if writes:
                self.write([])

    @rule(index=INDEX, effects=st.integers(1, 15))
    def actor_goes_on(self, index: int, effects: int) -> None:
        self.world.advance(self.actor(index), effects)

    @rule(effect=st.sampled_from(INTERESTING), and_has_it=st.booleans(), is_killed=st.booleans())
    def somebody_gets_as_far_as(self, effect: str, *, and_has_it: bool, is_killed: bool) -> None:
        actor = self.world.run_until(effect)
        if actor is not None and and_has_it:
            self.world.advance(actor)
        if actor is not None and is_killed:
            self.world.kill(actor)

    @rule(index=INDEX)
    def actor_is_killed(self, index: int) -> None:
        self.world.kill(self.actor(index))

    @precondition(lambda self: len(self.world.jobs) < 2)
    @rule(effects=st.integers(1, 30))
    def job_starts(self, effects: int) -> None:
        self.world.advance(self.world.start_job(), effects)

    @rule(pods=PODS, times=st.integers(1, 3), write_between=st.booleans())
    def servers_react(self, pods: list[int], times: int, *, write_between: bool) -> None:
        for index in pods * times:
            self.world.react(self.pod(index))
            if write_between:
                self.write([])

    @rule(receivers=PODS, dies=st.booleans())
    def client_writes(self, receivers: list[int], *, dies: bool) -> None:
        self.write(receivers, dies=dies)

    @rule(seconds=st.sampled_from([3, 25, 70, 130, 700]))
    def time_passes(self, seconds: int) -> None:
        self.world.around.time.seconds += seconds

    # --- faults, and what ends them ---

    @rule(pods=PODS, how=st.sampled_from(STOPS))
    def servers_stop(self, pods: list[int], how: Stop) -> None:
        for index in pods if how in {"crash", "crash and come back"} else pods[:1]:
            self.world.stop(self.pod(index), how)

    @rule()
    def complete_outage(self) -> None:
        for pod in self.world.pods:
            self.world.stop(pod, "crash and come back")

    @rule(pods=PODS)
    def servers_run_again(self, pods: list[int]) -> None:
        for index in pods:
            self.world.run_again(self.pod(index))

    @rule(
        cells=st.sampled_from(["0111", "1011", "1101", "0011", "0121", "0123", "0000", "0000"]),
        sql_too=st.booleans(),
        is_noticed=st.booleans(),
    )
    def network_changes(self, cells: str, *, sql_too: bool, is_noticed: bool) -> None:
        self.world.partition(list(map(int, cells)), sql_too=sql_too)
        for pod in self.world.pods * (3 if is_noticed else 0):
            self.world.react(pod)

    @rule(host=INDEX, index=INDEX)
    def server_is_hidden_from(self, host: int, index: int) -> None:
        self.world.hide(self.pod(index), JOB_HOST if host > MAX_SIZE else self.pod(host))

    @rule(availability=st.sampled_from(Availability))
    def api_changes(self, availability: Availability) -> None:
        self.world.cluster.availability = availability

    @precondition(lambda self: self.person_interferes and not self.world.is_bootstrapping)
    @rule(index=INDEX)
    def person_writes_outside_the_group(self, index: int) -> None:
        self.world.replication.write_outside_the_group(self.pod(index))

    @precondition(lambda self: self.world.cluster.record.is_bootstrapped)
    @rule(size=st.integers(1, MAX_SIZE))
    def values_scale(self, size: int) -> None:
        self.world.scale(size)

    @precondition(lambda self: self.world.cluster.record.is_bootstrapped)
    @rule(mode=st.sampled_from(TopologyMode), index=st.integers(-4, MAX_SIZE - 1), effects=st.integers(0, 40))
    def values_ask_for_another_topology(self, mode: TopologyMode, index: int, effects: int) -> None:
        is_named = index >= 0 and mode is TopologyMode.SINGLE_PRIMARY
        job = self.world.upgrade(mode, self.pod(index) if is_named else "")
        self.world.advance(job, effects)

    @precondition(lambda self: self.world.cluster.record.is_bootstrapped and not self.world.jobs)
    @rule(size=st.integers(1, MAX_SIZE), effects=st.integers(1, 30))
    def values_ask_for_fewer(self, size: int, effects: int) -> None:
        self.world.advance(self.world.start_scale_down(size), effects)

    # --- what must hold ---

    @invariant()
    def all_invariants_hold(self) -> None:
        self.world.invariants.check()
        if self.world.is_whole:
            healthy_plans_are_empty(self.world.around)

    def teardown(self) -> None:
        try:
            if self.world.size:
                self.world.converge()
        finally:
            self.world.close()

    # --- choosing ---

    def pod(self, index: int) -> str:
        return self.world.pods[index % self.world.size]

    def actor(self, index: int) -> Actor:
        return self.world.actors[index % len(self.world.actors)]

    def write(self, receivers: list[int], *, dies: bool = False) -> None:
        replication = self.world.replication
        for group in replication.writable_groups():
            pod = replication.writers(group)[0].pod
            replication.write(pod, [self.pod(index) for index in receivers], dies=dies)


EXAMPLES = int(os.environ.get("SIMULATION_EXAMPLES", "0"))
TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=EXAMPLES or 100,
    stateful_step_count=40,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
