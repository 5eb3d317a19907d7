"""Creation and repair after a complete outage, killed before each of their effects, and run again.

Exhaustive: every prefix, each with every set of servers that stay silent while others go
on. Prefixes that end in a look or a read are those that ended before it: they are left out.
"""

from itertools import chain, combinations

import pytest

from innodb_cluster.model.settings import TopologyMode
from tests.simulation.scheduling import Actor
from tests.simulation.world import LOOKS, World, created

PODS = ("db-0", "db-1", "db-2")
SUBSETS = tuple(chain.from_iterable(combinations(PODS, count) for count in range(4)))
SINGLE, MULTI = TopologyMode.SINGLE_PRIMARY, TopologyMode.MULTI_PRIMARY


def changes(trace: list[str]) -> list[int]:
    """Give the number of effects after which something is different than before."""
    return [0, *(number for number, effect in enumerate(trace, start=1) if not effect.startswith(LOOKS))]


@pytest.fixture(scope="module")
def creation_changes() -> list[int]:
    """Run a creation undisturbed and see what it does."""
    world = World()
    job = world.start_job()
    for _ in range(10):
        world.settle(1, seconds=1)
    world.close()
    assert world.endings == ["done"]
    return changes(job.trace)


@pytest.fixture(scope="module")
def repair_changes() -> list[int]:
    """See what the agent of the seed does after a complete outage."""
    world = after_an_outage()
    agent = world.agents["db-0"]
    world.settle(10)
    world.close()
    return changes(agent.trace[: agent.trace.index("idle", 40)])


def after_an_outage() -> World:
    """Give a cluster whose servers were all killed and are back."""
    world = created()
    world.replication.write("db-0")
    for agent in world.agents.values():
        agent.trace.clear()
    for pod in PODS:
        world.stop(pod, "crash and come back")
    return world


def effects(world: World, actor: Actor, count: int) -> None:
    """Let an actor have this many effects, with servers reacting in between."""
    for _ in range(count):
        world.advance(actor)
        for pod in PODS:
            world.react(pod)


@pytest.mark.parametrize("silent", SUBSETS, ids="+".join)
def test_creation_goes_on_from_every_prefix(silent: tuple[str, ...], creation_changes: list[int]) -> None:
    """The next Job run finds what the killed one left, and servers that did not answer meanwhile are no reason to guess."""
    for count in creation_changes:
        world = World()
        job = world.start_job()
        effects(world, job, count)
        world.kill(job)
        for pod in silent:
            world.stop(pod, "crash")
        world.start_job()
        world.settle(3)
        world.converge()
        assert world.is_whole, f"killed after {count} effects"
        assert world.cluster.record.is_bootstrapped
        world.close()


@pytest.mark.parametrize("silent", SUBSETS, ids="+".join)
def test_repair_goes_on_from_every_prefix(silent: tuple[str, ...], repair_changes: list[int]) -> None:
    """An agent that was killed while it started the group again."""
    for count in repair_changes:
        world = after_an_outage()
        effects(world, world.agents["db-0"], count)
        world.restart_agent("db-0")
        for pod in silent:
            world.stop(pod, "crash")
        world.settle(3)
        world.converge()
        assert world.is_whole, f"killed after {count} effects"
        world.close()


CHANGES = {
    "to multi-primary": (SINGLE, MULTI, ""),
    "to single-primary": (MULTI, SINGLE, ""),
    "to single-primary with a primary": (MULTI, SINGLE, "db-2"),
    "switchover": (SINGLE, SINGLE, "db-1"),
}


@pytest.mark.parametrize("disturbance", ["", "complete outage", "db-0", "db-1", "db-2"])
@pytest.mark.parametrize(("before", "mode", "primary"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_topology_goes_on_from_every_prefix(
    before: TopologyMode, mode: TopologyMode, primary: str, disturbance: str
) -> None:
    """The Job is killed before each of its effects, and perhaps servers with it; the next upgrade asks for the same."""
    undisturbed = created(mode=before)
    job = undisturbed.upgrade(mode, primary)
    undisturbed.settle(10, seconds=1)
    undisturbed.close()
    assert undisturbed.endings == ["done", "done"]
    for count in changes(job.trace):
        world = created(mode=before)
        killed = world.upgrade(mode, primary)
        effects(world, killed, count)
        if killed in world.jobs:
            world.kill(killed)
        for pod in PODS if disturbance == "complete outage" else filter(None, [disturbance]):
            world.stop(pod, "crash and come back")
        world.settle(2)
        world.upgrade(mode, primary)
        world.converge()
        (group,) = world.replication.writable_groups()
        assert group.mode is mode, f"killed after {count} effects"
        assert primary in {"", group.primary}, f"killed after {count} effects"
        world.close()


def test_an_upgrade_about_something_else_leaves_the_primary_where_a_failover_put_it() -> None:
    """The value was applied once."""
    world = created()
    world.upgrade(SINGLE, "db-1")
    world.settle(10, seconds=1)
    world.stop("db-1", "crash and come back")
    world.settle(5)
    world.converge()
    (group,) = world.replication.writable_groups()
    elected = group.primary
    assert elected != "db-1"
    world.upgrade(SINGLE, "db-1")
    world.converge()
    assert group.primary == elected
    world.close()
