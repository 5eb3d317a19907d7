"""Servers that are cloned join one after the other; all others join at once."""

from dataclasses import replace

from innodb_cluster.decide.cloning import MANY_TRANSACTIONS
from innodb_cluster.decide.repair import BINARY_LOGS_ARE_GONE, decide_repair
from innodb_cluster.model.actions import JoinGroup, LeaveGroup
from innodb_cluster.model.observation import Observation
from tests.unit.builders import GROUP, ONLINE, RECOVERING, member, seen, stopped

ALONE = {"db-0": ONLINE}


def joins(world: Observation, pod: str) -> bool:
    """Whether this pod's agent lets its member join now."""
    return any(isinstance(action, JoinGroup) for action in decide_repair(world, pod).actions)


def test_empty_servers_join_at_once_while_the_donor_has_all_binary_logs() -> None:
    """As at an installation."""
    world = seen(member("db-0", ALONE, gtids=f"{GROUP}:1-9"), stopped("db-1"), stopped("db-2"))
    assert joins(world, "db-1")
    assert joins(world, "db-2")


def test_of_two_that_must_be_cloned_the_first_goes_first() -> None:
    """After a restore the donor's binary logs begin with it."""
    donor = member("db-0", ALONE, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    world = seen(donor, stopped("db-1"), stopped("db-2"))
    assert joins(world, "db-1")
    waiting = decide_repair(world, "db-2")
    assert waiting.actions == ()
    assert "db-1 comes first" in waiting.because


def test_who_is_silent_keeps_nobody_waiting() -> None:
    """It may never come."""
    donor = member("db-0", ALONE, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    assert joins(seen(donor, stopped("db-2")), "db-2")


def test_a_clone_that_runs_is_waited_for() -> None:
    """The donor would refuse a second one."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    donor = member("db-0", states, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    world = seen(donor, member("db-1", states), stopped("db-2"))
    assert "db-1 is recovering" in decide_repair(world, "db-2").because


def test_who_has_what_was_purged_joins_at_once() -> None:
    """Binary logs suffice."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    donor = member("db-0", states, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    world = seen(donor, member("db-1", states), stopped("db-2", f"{GROUP}:1-6"))
    assert joins(world, "db-2")


MANY = f"{GROUP}:1-{MANY_TRANSACTIONS + 1}"


def by_clone(world: Observation, pod: str) -> bool:
    """Whether this pod's agent lets its member join, and be cloned."""
    return any(isinstance(a, JoinGroup) and a.by_clone for a in decide_repair(world, pod).actions)


def test_who_has_nothing_and_lacks_much_is_cloned_although_there_are_binary_logs() -> None:
    """A lost volume, or a new server of a cluster with a history: to apply it may take hours."""
    assert by_clone(seen(member("db-0", ALONE, gtids=MANY), stopped("db-1")), "db-1")
    assert not by_clone(seen(member("db-0", ALONE, gtids=f"{GROUP}:1-9"), stopped("db-1")), "db-1")


def test_who_has_data_catches_up_by_binary_logs() -> None:
    """A clone would delete what it has."""
    world = seen(member("db-0", ALONE, gtids=MANY), stopped("db-1", f"{GROUP}:1"))
    assert joins(world, "db-1")
    assert not by_clone(world, "db-1")


def test_of_two_that_have_nothing_the_second_waits_for_its_clone() -> None:
    """First for the other to come first, then while it receives; not for one that applies binary logs."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    donor = member("db-0", ALONE, gtids=MANY)
    assert not joins(seen(donor, stopped("db-1"), stopped("db-2")), "db-2")
    donor = member("db-0", states, gtids=MANY)
    assert not joins(seen(donor, member("db-1", states), stopped("db-2")), "db-2")
    assert by_clone(seen(donor, member("db-1", states, gtids=f"{GROUP}:1"), stopped("db-2")), "db-2")


def test_a_recovery_that_can_never_end_is_given_up() -> None:
    """Its clone was turned away by a busy donor, and what it asks for since was purged everywhere."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    donor = member("db-0", states, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    stuck = replace(member("db-1", states), recovery_error=BINARY_LOGS_ARE_GONE)
    assert decide_repair(seen(donor, stuck), "db-1").actions == (LeaveGroup("db-1"),)


def test_a_recovery_that_can_still_end_goes_on() -> None:
    """Another donor has the binary logs, or nobody is known to lack them."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    stuck = replace(member("db-1", states), recovery_error=BINARY_LOGS_ARE_GONE)
    donor = member("db-0", states, gtids=f"{GROUP}:1-9")
    assert decide_repair(seen(donor, stuck), "db-1").actions == ()
    assert decide_repair(seen(stuck), "db-1").actions == ()
    purged = member("db-0", states, gtids=f"{GROUP}:1-9", purged=f"{GROUP}:1-5")
    assert decide_repair(seen(purged, member("db-1", states)), "db-1").actions == ()
