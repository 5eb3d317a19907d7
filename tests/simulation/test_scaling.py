"""Members leave for good and come back: killed after every effect, with outages in between, nothing is lost."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import TopologyMode
from tests.simulation.kubernetes import NAMES
from tests.simulation.world import World, created

READS = ("GET ", "connect ", "sleep", "idle", "start")
MODES = tuple(TopologyMode)


def with_primary(world: World, pod: str) -> World:
    """Make a member the primary, as an election could."""
    server = world.replication.servers[pod]
    world.replication.set_as_primary(pod, server.uuid)
    return world


def write(world: World, *receivers: str) -> None:
    """Let a client write through whoever takes it."""
    for group in world.replication.writable_groups():
        world.replication.write(world.replication.writers(group)[0].pod, receivers)


def run_job(world: World, size: int, rounds: int = 60) -> str:
    """Run an upgrade to fewer servers until its first Job ends, and say how."""
    job = world.start_scale_down(size)
    before = len(world.endings)
    for _ in range(rounds):
        if not job.is_alive:
            break
        world.settle(1, seconds=2)
        write(world)
    return world.endings[before] if len(world.endings) > before else "still there"


def whole(world: World, size: int) -> None:
    """Let everybody go on; the cluster must get whole with that many members, and nothing be lost."""
    world.converge()
    assert world.is_whole, world.describe()
    assert world.size == size
    record = world.cluster.record
    assert (record.members, record.admitted) == (size, size)
    world.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("before", "after"), [(5, 3), (3, 1), (5, 1), (4, 2), (2, 1)])
def test_members_leave_before_their_pods_go(before: int, after: int, mode: TopologyMode) -> None:
    """The primary is among those that go; clients write all the time."""
    world = created(before, mode)
    if mode is TopologyMode.SINGLE_PRIMARY:
        with_primary(world, NAMES.pod(before - 1))
    write(world)
    assert run_job(world, after) == "done", world.describe()
    leaving = [world.replication.servers[pod] for pod in NAMES.pods(before)[after:]]
    assert all(server.group is None for server in leaving)
    whole(world, after)


def changing_effects(begin: Callable[[], World], size: int) -> list[int]:
    """Give the numbers of effects after which the Job has changed something, by running it undisturbed."""
    world = begin()
    job = world.start_scale_down(size)
    for _ in range(60):
        if not job.is_alive:
            break
        world.settle(1, seconds=2)
    world.close()
    changed = [n for n, effect in enumerate(job.trace, start=1) if not effect.startswith(READS)]
    return [0, *sorted({n + d for n in changed for d in (0, 1)})]


def five() -> World:
    """Five members, the last of them the primary, with data."""
    world = with_primary(created(5), "db-4")
    write(world, "db-3")
    return world


@pytest.fixture(scope="module")
def prefixes() -> list[int]:
    """After which effects to kill a Job that makes three out of five."""
    found = changing_effects(five, 3)
    assert len(found) > 8
    return found


def killed(after: int) -> World:
    """Kill the Job after so many effects, with servers reacting and a client writing in between."""
    world = five()
    job = world.start_scale_down(3)
    for _ in range(after):
        if job.is_alive:
            world.advance(job)
            for pod in world.pods:
                world.react(pod)
    write(world)
    if job.is_alive:
        world.kill(job)
    return world


def test_the_same_upgrade_goes_on_from_every_prefix(prefixes: list[int]) -> None:
    """It was killed, and is run again."""
    for after in prefixes:
        world = killed(after)
        world.settle(3)
        if world.size == 5:
            assert run_job(world, 3) == "done", (after, world.describe())
        whole(world, 3)


def test_an_upgrade_with_the_old_number_brings_them_back_from_every_prefix(prefixes: list[int]) -> None:
    """The upgrade failed, or was taken back."""
    for after in prefixes:
        world = killed(after)
        world.scale(5)
        world.start_job()
        world.settle(8)
        whole(world, 5)


@pytest.mark.parametrize("again", [3, 5])
def test_a_complete_outage_in_the_middle_loses_nothing(prefixes: list[int], again: int) -> None:
    """Every server is killed at once, between any two effects; who then starts the group holds everything."""
    for after in prefixes:
        world = killed(after)
        for pod in world.pods:
            world.stop(pod, "crash and come back")
        world.settle(12)
        if again == 3 and world.size == 5:
            assert run_job(world, 3) == "done", (after, world.describe())
        elif again == 5:
            world.scale(5)
            world.start_job()
        whole(world, again)


def test_those_that_left_do_not_come_back_by_themselves() -> None:
    """Between the Job and Kubernetes removing their pods, their agents go on."""
    world = five()
    job = world.start_scale_down(3)
    while job.is_alive and world.cluster.record.members == 5:
        world.advance(job)
        for pod in world.pods:
            world.react(pod)
    world.kill(job)
    world.settle(10)
    states = {server.pod: server.state for server in world.servers}
    assert [states[pod] for pod in ("db-3", "db-4")] == [MemberState.OFFLINE] * 2
    world.close()


@pytest.mark.parametrize(
    ("down", "size", "said"),
    [
        (("db-0",), 1, "db-0 is silent"),
        (("db-1", "db-2"), 3, "db-1 is silent"),
        (("db-0", "db-1", "db-2"), 3, "the group is"),
    ],
)
def test_what_would_lose_the_majority_is_refused(down: tuple[str, ...], size: int, said: str) -> None:
    """Nobody has left, and with the old number the cluster gets whole again."""
    world = created(5)
    for pod in down:
        world.stop(pod, "crash")
    world.settle(3, seconds=2)
    ending = run_job(world, size)
    assert ending.startswith("RefusedError"), ending
    assert said in ending
    assert world.cluster.record.admitted == 5
    whole(world, 5)


def test_a_server_outside_that_alone_holds_something_is_not_let_go() -> None:
    """A person wrote on it while it was in no group."""
    world = created(3)
    world.stop("db-2", "crash and come back")
    world.react("db-0")
    world.replication.write_outside_the_group("db-2")
    ending = run_job(world, 2)
    assert "db-2 would go, and it alone holds" in ending
    world.close()


def test_scaling_up_again_over_kept_claims() -> None:
    """Old data that the group has as well, more written meanwhile."""
    world = created(5)
    sizes = (5, 3, 5, 1, 3)
    for before, after in pairwise(sizes):
        write(world)
        if after < before:
            assert run_job(world, after) == "done", world.describe()
        else:
            world.scale(after)
            world.start_job()
        world.converge()
        assert world.is_whole, world.describe()
    whole(world, 3)


def test_an_old_claim_does_not_pass_for_the_data_of_a_cluster_that_was_made_anew() -> None:
    """A server had left; then every volume was lost, and a new cluster gave out the same numbers for other transactions."""
    world = created(2)
    for _ in range(30):
        world.replication.write("db-0")
    assert run_job(world, 1) == "done"
    world.stop("db-0", "lose the disk")
    world.converge()
    assert world.replication.write("db-0")
    content = max(world.replication.acknowledged)
    world.stop("db-0", "crash and come back")
    world.scale(2)
    world.settle(5)
    world.converge()
    assert content not in world.replication.servers["db-1"].data.values()
    assert not any(content not in g.data.values() for g in world.replication.writable_groups())
    world.close()


def test_the_record_of_a_cluster_is_kept_when_data_shows_up_before_it_is_forgotten() -> None:
    """Every volume was empty when the Job decided; now one holds something."""
    world = created(2)
    for pod in ("db-0", "db-1"):
        world.stop(pod, "lose the disk")
    before = world.cluster.record
    job = world.start_job()
    assert world.finish_step(job, "db-bootstrap")
    world.replication.write_outside_the_group("db-1")
    world.finish_step(job)
    assert world.cluster.record == before
    assert not world.cluster.lease_holder
    world.close()
