"""Histories that looked dangerous on paper, or were, each as short as it can be."""

import pytest

from innodb_cluster.effects.performer import LEASE_SECONDS
from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import TopologyMode
from tests.simulation.actors import JOB_HOST
from tests.simulation.kubernetes import Availability
from tests.simulation.scheduling import Actor
from tests.simulation.world import World, created

PODS = ("db-0", "db-1", "db-2")
ON = "bootstrap_group = ON"
OFF = "bootstrap_group = OFF"
START = "START GROUP_REPLICATION"


def reach(world: World, actor: Actor, effect: str) -> None:
    """Let an actor go on until it is about to have an effect, with servers reacting as it goes."""
    for _ in range(200):
        if effect in actor.at:
            return
        world.advance(actor)
        react(world)
    raise AssertionError(f"{actor.name} never gets to {effect}: {actor.trace}")


def react(world: World, *pods: str, times: int = 1) -> None:
    """Let servers notice what there is to notice."""
    for pod in (pods or world.pods) * times:
        world.react(pod)


def outage(world: World, *pods: str) -> None:
    """Kill servers; they come back, in no group."""
    for pod in pods or world.pods:
        world.stop(pod, "crash and come back")


def whole(world: World) -> None:
    """Let everybody go on until the cluster is whole."""
    world.converge()
    assert world.is_whole, world.describe()
    world.close()


@pytest.mark.parametrize("effect", [ON, START, " starts", OFF])
def test_an_interrupted_bootstrap_leaves_no_permission_behind(effect: str) -> None:
    """The Job dies between the statements; much later the seed is expelled and comes back."""
    world = World()
    job = world.start_job()
    reach(world, job, effect)
    world.advance(job)
    world.kill(job)
    world.start_job()
    world.settle(20)
    # As if its agent had been away all the time: even then joining must not start a group.
    world.replication.servers["db-0"].bootstrap_group = True
    world.partition([1, 0, 0])
    react(world, times=3)
    assert world.replication.servers["db-0"].state is MemberState.ERROR
    world.replication.servers["db-0"].autorejoins_left = 0
    whole(world)
    assert len(world.replication.groups) == 1


def test_two_jobs_at_once_create_one_group() -> None:
    """Helm was run again while the first Job's pod was still there."""
    for first in range(0, 45, 2):
        world = World()
        jobs = [world.start_job(), world.start_job()]
        world.advance(jobs[0], first)
        for _ in range(60):
            for job in jobs:
                if job in world.jobs:
                    world.advance(job)
                    react(world)
        assert len(world.replication.groups) == 1
        whole(world)


@pytest.mark.parametrize("effect", ["GET db-bootstrap", "connect db-0", OFF, "PATCH db-bootstrap", ON, START])
@pytest.mark.parametrize("how", ["it was restarted", "it was expelled"])
def test_a_job_that_stood_still_starts_no_second_group(effect: str, how: str) -> None:
    """Its node froze; another Job created the cluster; the first one goes on when the seed is outside the group for a moment.

    Only a stop between the last look at the Lease and the next statement could not be
    noticed; a restart of the server ends the session even then.
    """
    world = World()
    slow = world.start_job()
    reach(world, slow, effect)
    if effect == "connect db-0":
        reach(world, slow, "POST leases")
        reach(world, slow, effect)
    world.jobs.remove(slow)
    world.start_job()
    world.settle(20)
    assert world.is_whole
    world.replication.write("db-0")
    if how == "it was restarted":
        outage(world, "db-0")
    else:
        world.partition([1, 0, 0])
        react(world, times=3)
        world.partition([0, 0, 0])
        world.replication.servers["db-0"].autorejoins_left = 0
        reach(world, world.agents["db-0"], "STOP GROUP_REPLICATION")
        world.advance(world.agents["db-0"])
    assert world.replication.servers["db-0"].state is MemberState.OFFLINE
    react(world, "db-1", "db-2", times=2)
    if effect in {ON, START} and how == "it was expelled":
        slow.kill()
        whole(world)
        return
    world.jobs.append(slow)
    world.advance(slow, 50)
    react(world)
    assert len(world.replication.writable_groups()) == 1
    whole(world)


def test_a_lost_start_answer_starts_no_second_group() -> None:
    """START runs longer than its client waits; the Lease is over; another agent looks."""
    world = created()
    world.replication.write("db-0", ["db-1", "db-2"])
    outage(world)
    agent = world.agents["db-0"]
    reach(world, agent, START)
    world.advance(agent)
    world.around.time.seconds += 700
    for other in ("db-1", "db-2"):
        for _ in range(3):
            world.around.time.seconds += LEASE_SECONDS
            world.finish_step(world.agents[other])
    assert len(world.replication.groups) == 1
    whole(world)
    assert len(world.replication.groups) == 2


def test_an_agent_that_decided_before_a_partition_healed_does_no_harm() -> None:
    """It goes on with what it saw from the smaller side."""
    for effects in range(12):
        world = created()
        world.partition([1, 0, 0], sql_too=True)
        react(world, times=4)
        world.replication.write("db-1")
        agent = world.agents["db-0"]
        world.advance(agent, effects)
        world.partition([0, 0, 0])
        react(world, "db-0", times=2)
        world.finish_step(agent)
        whole(world)


def test_nobody_starts_a_group_while_one_server_is_frozen() -> None:
    """It may hold what the others lack: here it does."""
    world = created()
    world.stop("db-1", "shut down")
    world.stop("db-2", "shut down")
    assert world.replication.write("db-0")
    outage(world)
    world.stop("db-0", "freeze")
    world.settle(20)
    assert not world.replication.writable_groups()
    whole(world)


def test_what_was_received_and_not_applied_is_not_lost() -> None:
    """The primary's volume is gone, and the only other one that has its last commit has not applied it."""
    world = created()
    assert world.replication.write("db-0", ["db-2"])
    content = max(world.replication.acknowledged)
    outage(world)
    world.stop("db-0", "lose the disk")
    assert content not in world.replication.servers["db-2"].executed.values()
    whole(world)
    assert all(content in server.data.values() for server in world.servers)


def test_a_server_that_wakes_up_with_an_old_view_is_no_group() -> None:
    """It still shows three ONLINE members, while the two others were killed after they had gone on."""
    world = created()
    world.stop("db-0", "freeze")
    react(world, times=4)
    assert world.replication.write("db-1", ["db-2"])
    outage(world, "db-1", "db-2")
    world.run_again("db-0")
    assert world.replication.servers["db-0"].state is MemberState.ONLINE
    for pod in ("db-1", "db-2"):
        world.finish_step(world.agents[pod])
    assert not world.around.refusals
    whole(world)


def test_a_server_that_is_joining_when_the_group_dies_is_not_missed() -> None:
    """All answer and none is in a group, but one of them is inside START GROUP_REPLICATION."""
    world = created()
    world.stop("db-2", "crash and come back")
    react(world, "db-0", times=2)
    reach(world, world.agents["db-2"], START)
    world.advance(world.agents["db-2"])
    world.replication.write("db-0")
    outage(world, "db-0", "db-1")
    for pod in ("db-0", "db-1"):
        world.finish_step(world.agents[pod])
    whole(world)


def test_the_seed_dies_while_the_others_recover_from_it() -> None:
    """They are a majority of the view without a donor, and the seed has the only copy of what was written."""
    world = World()
    job = world.start_job()
    reach(world, job, "WRITE")
    reach(world, job, "sleep")
    reach(world, world.agents["db-1"], START)
    reach(world, world.agents["db-2"], START)
    for pod in ("db-1", "db-2"):
        world.advance(world.agents[pod])
        world.react(pod)
    states = [world.replication.servers[pod].state for pod in PODS]
    assert states == [MemberState.ONLINE, MemberState.RECOVERING, MemberState.RECOVERING]
    assert world.replication.write("db-0")
    outage(world, "db-0")
    world.replication.recovery_gives_up = False
    world.finish_step(world.agents["db-0"])
    assert not world.around.refusals
    whole(world)
    assert not world.around.refusals


def test_nobody_joins_before_the_record_says_so() -> None:
    """The Job dies after the group is there; the seed's agent and the others wait for the next Job, however often they look."""
    world = World()
    job = world.start_job()
    reach(world, job, "WRITE")
    world.kill(job)
    world.settle(10)
    assert world.replication.groups[0].members == ["db-0"]
    outage(world, "db-0")
    world.settle(10)
    assert not world.replication.writable_groups()
    whole(world)


def test_the_mode_survives_a_complete_outage() -> None:
    """A restarted server says single-primary until it is told otherwise."""
    world = created(mode=TopologyMode.MULTI_PRIMARY)
    outage(world)
    whole(world)
    assert world.replication.groups[-1].mode is TopologyMode.MULTI_PRIMARY


def test_a_group_is_started_only_on_a_record_that_was_just_read() -> None:
    """The API is away for the read between taking and checking the Lease; meanwhile the cluster has grown."""
    world = created(2)
    agent = world.agents["db-0"]
    outage(world)
    reach(world, agent, "db-bootstrap")
    world.scale(3)
    world.replication.write_outside_the_group("db-2")
    while agent.at != "idle":
        is_read = agent.at == "GET db-settings"
        world.cluster.availability = Availability.DOWN if is_read else Availability.UP
        world.advance(agent)
        react(world)
    assert len(world.replication.groups) == 1
    world.close()


def test_a_cluster_whose_pods_were_taken_away_before_that_was_recorded_waits() -> None:
    """They may hold newer transactions: here one does. Scaling up again is the way back."""
    world = created()
    for pod in ("db-0", "db-1"):
        world.stop(pod, "shut down")
    react(world, times=3)
    assert world.replication.write("db-2")
    outage(world)
    world.scale(2)
    world.start_job()
    world.settle(20)
    assert not world.replication.writable_groups()
    world.scale(3)
    whole(world)


def test_empty_volumes_of_the_wanted_servers_do_not_hide_the_data_of_others() -> None:
    """Five members' worth of data is not created over because three of the claims are new."""
    world = created(4)
    world.replication.write("db-3", ["db-2"])
    for pod in ("db-0", "db-1"):
        world.stop(pod, "lose the disk")
    outage(world, "db-2", "db-3")
    world.size = 2
    world.cluster.scale(2)
    job = world.start_job()
    for _ in range(40):
        world.advance(job)
        react(world)
    assert len(world.replication.groups) == 1
    world.close()


def test_a_member_that_is_hidden_from_everybody_is_not_replaced() -> None:
    """SQL does not reach it; the group does."""
    world = created()
    for host in (*PODS, JOB_HOST):
        world.hide("db-0", host)
    world.stop("db-1", "crash and come back")
    react(world, times=2)
    world.settle(5)
    assert len(world.replication.writable_groups()) == 1
    whole(world)


def test_a_server_replaced_after_the_look_is_not_bootstrapped() -> None:
    """The seed comes back without data anywhere between the decision and the statement, and its agent notices nothing."""
    for effects in range(30):
        world = created()
        assert world.replication.write("db-0", ["db-1"])
        outage(world)
        agent = world.agents["db-0"]
        reach(world, agent, "db-bootstrap")
        for _ in range(effects):
            world.advance(agent)
            react(world)
        if agent.at == "idle":
            world.close()
            return
        world.replication.lose_disk("db-0")
        world.run_again("db-0")
        world.finish_step(agent)
        react(world, times=2)
        whole(world)
    raise AssertionError("the agent's step was longer than that")


def test_a_member_that_came_back_by_itself_is_not_stopped() -> None:
    """Its agent saw it in state ERROR; before it acts, the server has rejoined on its own."""
    world = created()
    world.partition([1, 0, 0])
    react(world, times=3)
    world.replication.servers["db-0"].autorejoins_left = 0
    world.partition([0, 0, 0])
    reach(world, world.agents["db-0"], "connect db-2")  # the last look that it decides on
    reach(world, world.agents["db-0"], "connect db-0")  # the session in which it acts
    world.replication.servers["db-0"].autorejoins_left = 1
    react(world, times=4)
    assert world.replication.servers["db-0"].state is MemberState.ONLINE
    world.finish_step(world.agents["db-0"])
    assert world.replication.healthy_members_stopped == []
    whole(world)
