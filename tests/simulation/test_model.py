"""The model itself behaves like Group Replication where decisions depend on it."""

import pytest

from innodb_cluster.model.observation import MemberState
from tests.simulation.replication import Replication
from tests.simulation.world import World, created

PODS = ("db-0", "db-1", "db-2")


@pytest.fixture
def world() -> World:
    """A cluster of three, whole, whose agents do nothing from here on."""
    made = created()
    made.close()
    return made


def react(replication: Replication, times: int = 1) -> None:
    """Let every server notice what there is to notice."""
    for pod in PODS * times:
        replication.react(pod)


def states(replication: Replication) -> str:
    """Give the members' own states, in short."""
    return " ".join(replication.servers[pod].state.value for pod in PODS)


def test_an_acknowledged_commit_is_on_a_majority(world: World) -> None:
    """On the primary's volume and on one more."""
    assert world.replication.write("db-0")
    content = max(world.replication.acknowledged)
    assert sum(content in server.data.values() for server in world.servers) == 2


def test_a_minority_commits_nothing_and_gives_up(world: World) -> None:
    """The old primary is cut off; the others elect another one."""
    world.partition([1, 0, 0])
    assert not world.replication.write("db-0")
    react(world.replication, 3)
    assert states(world.replication) == "ERROR ONLINE ONLINE"
    assert world.replication.write("db-1")
    assert world.replication.servers["db-0"].view == ()


def test_until_it_notices_a_member_shows_its_old_view(world: World) -> None:
    """What was frozen looks healthy when it wakes up."""
    world.stop("db-0", "freeze")
    react(world.replication, 2)
    world.run_again("db-0")
    frozen = world.replication.servers["db-0"]
    assert [member.state for member in frozen.view] == [MemberState.ONLINE] * 3
    assert not world.replication.write("db-0")
    react(world.replication)
    assert frozen.state is MemberState.ERROR


def test_the_members_of_a_new_view_have_all_that_was_committed(world: World) -> None:
    """The primary dies with one of the others having its last commit."""
    assert world.replication.write("db-0", ["db-1"])
    content = max(world.replication.acknowledged)
    world.stop("db-0", "crash")
    react(world.replication)
    assert content in world.replication.servers["db-2"].received.values()


def test_without_a_majority_nobody_makes_a_new_view(world: World) -> None:
    """Two of three died; the third is alone for good."""
    for pod in ("db-0", "db-1"):
        world.stop(pod, "crash and come back")
    react(world.replication, 2)
    assert states(world.replication) == "OFFLINE OFFLINE ERROR"
    assert world.replication.writable_groups() == []


def test_a_graceful_leave_shrinks_the_view(world: World) -> None:
    """So the last one goes on alone."""
    for pod in ("db-0", "db-1"):
        world.stop(pod, "shut down")
    assert world.replication.write("db-2")


def test_a_crash_loses_membership_and_settings_but_no_transaction(world: World) -> None:
    """Received transactions are on the volume too."""
    world.replication.write("db-0", ["db-1"])
    server = world.replication.servers["db-1"]
    before = server.data
    world.stop("db-1", "crash and come back")
    assert server.data == before
    assert (server.state, server.group_name, server.seeds) == (MemberState.OFFLINE, "", ())


def test_a_commit_that_nobody_was_told_of_may_survive(world: World) -> None:
    """The primary dies after a majority had the transaction: it is committed, and in nobody's ledger."""
    before = len(world.replication.acknowledged)
    assert not world.replication.write("db-0", ["db-1"], dies=True)
    react(world.replication)
    assert len(world.replication.acknowledged) == before
    group = world.replication.writable_groups()[0]
    assert set(world.replication.servers["db-1"].data.values()) == set(group.data.values())


def test_a_member_that_the_group_still_counts_is_not_let_in_again(world: World) -> None:
    """It restarts faster than the others expel it."""
    server = world.replication.servers["db-0"]
    settings = (server.group_name, {*server.seeds, "db-0"})
    world.stop("db-0", "crash and come back")
    server.group_name, server.seeds = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", PODS
    assert settings == (server.group_name, set(server.seeds))
    server.state, server.autorejoins_left = MemberState.ERROR, 2
    assert world.replication.react("db-0") == "cannot rejoin"
    assert world.replication.react("db-1") == "expels"
    assert world.replication.react("db-0") == "rejoins"
