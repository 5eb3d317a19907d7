"""Random histories of faults, actors that are stopped anywhere, and clients that write.

A step is one rule that Hypothesis chose and that was carried out: a fault or its end, or some
effects of actors (ten on average). The invariants are looked at after each step, and after
each effect in it that changes anything. At the end of a history every fault ends, and the
cluster must get whole, or somebody must say truly why it cannot.
"""

import sys
from collections.abc import Callable
from itertools import count
from typing import Literal, get_args

from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from innodb_cluster.model.settings import LostQuorum, TopologyMode
from tests.simulation.actors import JOB_HOST
from tests.simulation.faults import Stop, Trouble
from tests.simulation.invariants import healthy_plans_are_empty
from tests.simulation.kubernetes import Availability
from tests.simulation.scheduling import Actor
from tests.simulation.world import World, created

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
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)


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
        lost_quorum=st.sampled_from(LostQuorum),
    )
    def begin(
        self,
        size: int,
        mode: TopologyMode,
        lost_quorum: LostQuorum,
        *,
        is_created: bool,
        clones: bool,
        person: bool,
    ) -> None:
        self.person_interferes = person
        self.world = created(size, mode) if is_created else World(size, mode)
        if not is_created:
            self.world.start_job()
        self.world.replication.clones = clones
        self.world.cluster.when_quorum_is_lost(lost_quorum)

    # --- who acts ---

    @rule(rounds=st.integers(1, 3), writes=st.booleans())
    def everybody_has_a_turn(self, rounds: int, *, writes: bool) -> None:
        for _ in range(rounds):
            self.world.settle(1, seconds=5)
            if writes:
                self.write([])

    @rule(index=INDEX, effects=st.integers(1, 15))
    def actor_goes_on(self, index: int, effects: int) -> None:
        if self.world.actors:
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
        if self.world.actors:
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
        for index in pods[:1] if how in {"shut down", "lose the disk"} else pods:
            self.world.stop(self.pod(index), how)

    @rule()
    def complete_outage(self) -> None:
        for pod in self.world.pods:
            self.world.stop(pod, "crash and come back")

    @rule(api_comes_back=st.booleans(), back=PODS)
    def power_is_lost_everywhere(self, *, api_comes_back: bool, back: list[int]) -> None:
        self.world.lose_power_everywhere()
        self.world.cluster.availability = Availability.UP if api_comes_back else Availability.DOWN
        for index in back:
            self.world.run_again(self.pod(index))

    @rule(pods=PODS, how=st.sampled_from(STOPS), rounds=st.integers(0, 2), comes_back=st.booleans())
    def servers_stop_one_after_the_other(
        self, pods: list[int], how: Stop, rounds: int, *, comes_back: bool
    ) -> None:
        for index in pods:
            self.world.stop(self.pod(index), "crash" if how == "lose the disk" else how)
            self.world.settle(rounds, seconds=2)
            if comes_back:
                self.world.run_again(self.pod(index))

    @precondition(lambda self: self.world.cluster.lost_quorum is LostQuorum.AUTOMATIC)
    @rule(pods=PODS, comes_back=st.booleans())
    def servers_wait_for_a_node(self, pods: list[int], *, comes_back: bool) -> None:
        self.write(pods)
        for index in pods[: self.world.size - 1]:
            self.world.stop(self.pod(index), "lose its node")
        for _ in range(4):
            self.world.settle(1, seconds=20)
            self.write([])
        for index in pods if comes_back else ():
            self.world.run_again(self.pod(index))

    @rule(index=INDEX, what=st.sampled_from(TROUBLES), begins=st.booleans())
    def trouble_begins_or_ends(self, index: int, what: Trouble, *, begins: bool) -> None:
        self.world.trouble(self.pod(index), what, begins=begins)

    @rule(seconds=st.sampled_from([-90_000, -40, 40, 90_000, 400_000_000]))
    def clocks_jump(self, seconds: int) -> None:
        self.world.around.time.wrong_by_seconds += seconds

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

    @rule(
        index=INDEX, other=INDEX, sql=st.sampled_from(["", "one way", "both ways"]), is_noticed=st.booleans()
    )
    def two_servers_lose_each_other(
        self, index: int, other: int, sql: Literal["", "one way", "both ways"], *, is_noticed: bool
    ) -> None:
        self.world.cut(self.pod(index), self.pod(other), sql=sql)
        for pod in self.world.pods * (3 if is_noticed else 0):
            self.world.react(pod)

    @rule()
    def every_fault_ends(self) -> None:
        self.world.heal()
        self.world.settle(3)

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
        self.step_is_over()

    def step_is_over(self) -> None:
        """Count it, where somebody does."""

    def teardown(self) -> None:
        try:
            # After a failure it would fail again, for another reason, and hide the first.
            if self.world.size and sys.exc_info()[0] is None:
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


def simulate(
    first_seed: int, steps: int, tell: Callable[[int, int], None] = lambda _seed, _steps: None
) -> int:
    """Run the histories of one seed after the other until there were so many steps; give how many there were.

    A seed leads to the same histories each time, with the same version of Hypothesis and of these
    rules. A failure is made as short as it gets, printed as code, and says its seed. ``tell``
    hears the seed that comes next, and the number of steps so far.
    """
    done = 0

    class Counted(Histories):
        def step_is_over(self) -> None:
            nonlocal done
            done += 1

    Counted.__name__ = Histories.__name__
    for number in count(first_seed):
        tell(number, done)
        if done >= steps:
            break
        try:
            run_state_machine_as_test(seed(number)(Counted), settings=SETTINGS)
        except BaseException as error:
            error.add_note(f"the same again: make simulate SEED={number} STEPS=1")
            raise
    return done


SETTINGS = settings(
    max_examples=25,
    stateful_step_count=100,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
