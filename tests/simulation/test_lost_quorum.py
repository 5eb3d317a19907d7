"""Going on without a majority, where the policy allows it; and pods that are told to end."""

import pytest

from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import LostQuorum
from tests.simulation.kubernetes import LOST_QUORUM_SECONDS
from tests.simulation.world import World, created

PODS = ("db-0", "db-1", "db-2")


def automatic() -> World:
    """Give a whole cluster with the policy."""
    world = created()
    world.cluster.when_quorum_is_lost(LostQuorum.AUTOMATIC)
    return world


def pass_time(world: World, seconds: int = 3 * LOST_QUORUM_SECONDS) -> None:
    """Let everybody go on for so long."""
    world.settle(seconds // 5, seconds=5)


def test_the_last_server_goes_on_when_the_others_have_no_node() -> None:
    """One had a commit that nobody else has: it is refused when it comes back; the other joins."""
    world = automatic()
    world.stop("db-2", "freeze")
    world.react("db-0")
    assert world.replication.write("db-0", ["db-1"])
    for pod in ("db-0", "db-1"):
        world.stop(pod, "lose its node")
    world.run_again("db-2")
    pass_time(world)
    (group,) = world.replication.writable_groups()
    assert group.members == ["db-2"]
    assert world.replication.write("db-2")
    world.replication.lose_disk("db-1")
    world.run_again("db-1")
    world.run_again("db-0")
    pass_time(world)
    assert group.online == {"db-1", "db-2"}
    assert world.replication.servers["db-0"].state is not MemberState.ONLINE
    assert any(pod == "db-0" and "does not have" in reason for pod, reason in world.around.refusals)
    world.close()


@pytest.mark.parametrize("how", ["crash", "freeze", "hang", "cut off"])
def test_servers_that_may_be_running_are_waited_for(how: str) -> None:
    """Their nodes do not say that they have ended, however long they are silent."""
    world = automatic()
    if how == "cut off":
        world.partition([0, 1, 1], sql_too=True)
    else:
        for pod in ("db-1", "db-2"):
            world.stop(pod, how)  # type: ignore[arg-type]  # the other three are ways to stop
    pass_time(world, 20 * LOST_QUORUM_SECONDS)
    assert len(world.replication.groups) == 1
    world.converge()
    assert world.is_whole
    world.close()


def test_nobody_goes_on_while_one_of_the_others_may_be_running() -> None:
    """The other has no node."""
    world = automatic()
    world.stop("db-1", "crash")
    world.stop("db-2", "lose its node")
    pass_time(world)
    assert len(world.replication.groups) == 1
    world.close()


def test_without_the_policy_nobody_goes_on() -> None:
    """A person decides."""
    world = created()
    for pod in ("db-1", "db-2"):
        world.stop(pod, "lose its node")
    pass_time(world)
    assert not world.replication.writable_groups()
    world.close()


def test_a_pod_that_gets_a_node_in_the_last_moment_is_waited_for() -> None:
    """It comes back with its data between the decision and the start of the group."""
    world = automatic()
    for pod in ("db-0", "db-1"):
        world.stop(pod, "lose its node")
    for _ in range(100):
        world.around.time.seconds += 5
        if world.finish_step(world.agents["db-2"], "db-bootstrap"):
            break
        world.react("db-2")
    assert "db-bootstrap" in world.agents["db-2"].at
    world.run_again("db-1")
    world.finish_step(world.agents["db-2"])
    assert len(world.replication.groups) == 1
    world.close()


def test_a_server_whose_pod_is_told_to_end_does_not_join() -> None:
    """START GROUP_REPLICATION would hold the pod's end up."""
    world = created()
    world.stop("db-2", "crash and come back")
    world.cluster.delete_gracefully("db-2")
    world.settle(10)
    assert world.replication.servers["db-2"].state is MemberState.OFFLINE
    world.close()


def test_the_last_of_a_group_starts_anew_when_the_others_were_restarted() -> None:
    """They come back whole, long before the last one would have given up by itself, and nobody is cloned."""
    world = created()
    last = world.replication.servers["db-0"]
    process, uuid = last.process, last.uuid
    for pod in ("db-1", "db-2"):
        world.stop(pod, "crash and come back")
    world.converge()
    assert world.is_whole, world.describe()
    assert (last.process, last.uuid, last.losses) == (process + 1, uuid, 0)
    assert world.replication.healthy_members_stopped == []
    world.close()
