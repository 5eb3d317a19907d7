"""An agent mends its own member, and starts a group only when nothing could be lost."""

from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import (
    BootstrapGroup,
    EndOfflineMode,
    EndServer,
    ForbidBootstrap,
    JoinGroup,
    LeaveGroup,
)
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import ERROR, GROUP, ONLINE, RECOVERING, UNREACHABLE, member, record, seen, stopped

SINGLE = TopologyMode.SINGLE_PRIMARY
TWO = {"db-0": ONLINE, "db-1": ONLINE}


def test_a_healthy_member_gives_an_empty_plan() -> None:
    """Invariant 6."""
    assert decide_repair(seen(*map(member, ("db-0", "db-1", "db-2"))), "db-1").actions == ()


def test_a_stopped_member_joins_a_group_with_a_majority() -> None:
    """Its data is part of the group's."""
    servers = (
        member("db-0", TWO, gtids=f"{GROUP}:1-9"),
        member("db-1", TWO),
        stopped("db-2", f"{GROUP}:1-4"),
    )
    assert decide_repair(seen(*servers), "db-2").actions == (JoinGroup("db-2", SINGLE, ("db-0", "db-1")),)


def test_a_restarted_server_waits_until_the_group_has_expelled_what_it_was_before() -> None:
    """Its old self is still in the view: a join would be turned away, and START GROUP_REPLICATION take 43 s (seen on 9.7.4)."""
    for state in (ONLINE, UNREACHABLE):
        before = TWO | {"db-2": state}
        servers = (member("db-0", before), member("db-1", before), stopped("db-2"))
        plan = decide_repair(seen(*servers), "db-2")
        assert plan.actions == ()
        assert "waiting until it is expelled" in plan.because


def test_a_joining_member_takes_over_the_mode_of_the_group() -> None:
    """A person may have switched it by SQL."""
    multi = TopologyMode.MULTI_PRIMARY
    servers = (member("db-0", TWO, mode=multi), member("db-1", TWO, mode=multi), stopped("db-2"))
    assert decide_repair(seen(*servers), "db-2").actions == (
        JoinGroup("db-2", TopologyMode.MULTI_PRIMARY, ("db-0", "db-1")),
    )


def test_a_member_in_state_error_leaves_before_it_joins() -> None:
    """START GROUP_REPLICATION is refused in that state."""
    servers = (member("db-0", TWO), member("db-1", TWO), stopped("db-2", state=ERROR))
    assert decide_repair(seen(*servers), "db-2").actions == (
        LeaveGroup("db-2"),
        JoinGroup("db-2", SINGLE, ("db-0", "db-1")),
    )


def test_queued_transactions_of_the_group_are_not_errant() -> None:
    """Certified by the group, not yet applied where it was asked."""
    servers = (
        member("db-0", TWO, gtids=f"{GROUP}:1-3", received=f"{GROUP}:1-7"),
        member("db-1", TWO),
        stopped("db-2", f"{GROUP}:1-7"),
    )
    assert decide_repair(seen(*servers), "db-2").actions == (JoinGroup("db-2", SINGLE, ("db-0", "db-1")),)


def test_a_member_with_errant_transactions_is_refused_and_kept() -> None:
    """Invariant 5: never silently cloned over."""
    servers = (member("db-0", TWO, gtids=f"{GROUP}:1-9"), member("db-1", TWO), stopped("db-2", "uuid-x:1"))
    plan = decide_repair(seen(*servers), "db-2")
    assert plan.actions == ()
    assert plan.refusal is not None
    assert "uuid-x:1" in plan.refusal.reason


def test_what_any_member_of_the_group_holds_is_not_errant() -> None:
    """The one that was asked first may itself still be recovering."""
    states = {"db-1": RECOVERING, "db-2": ONLINE}
    servers = (
        stopped("db-0", f"{GROUP}:1-9"),
        member("db-1", states, view_id="17:4"),
        member("db-2", states, gtids=f"{GROUP}:1-9", view_id="17:4"),
    )
    assert decide_repair(seen(*servers), "db-0").actions == (JoinGroup("db-0", SINGLE, ("db-2",)),)


def test_a_view_that_no_majority_confirms_is_neither_joined_nor_believed() -> None:
    """A frozen primary wakes up and still sees its old group, without what that has committed since."""
    servers = (
        member("db-0", gtids=f"{GROUP}:1-5"),
        stopped("db-1", f"{GROUP}:1-9"),
        stopped("db-2", f"{GROUP}:1-9"),
    )
    plan = decide_repair(seen(*servers), "db-1")
    assert plan.actions == ()
    assert plan.refusal is None


def test_a_server_starts_anew_when_the_majority_of_its_group_was_restarted() -> None:
    """The others can never be let in again, and all must be out before a group is started; by statement it takes 28 s."""
    view = {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}
    servers = (member("db-0", view), stopped("db-1"), stopped("db-2"))
    assert decide_repair(seen(*servers), "db-0").actions == (EndServer("db-0"),)
    assert decide_repair(seen(*servers), "db-1").actions == ()


def test_a_member_waits_for_a_majority_that_may_come_back() -> None:
    """One is silent: perhaps it is with the rest of the group; or the others still are in the group."""
    view = {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}
    assert decide_repair(seen(member("db-0", view), stopped("db-1")), "db-0").actions == ()
    apart = {"db-0": UNREACHABLE, "db-1": ONLINE, "db-2": UNREACHABLE}
    servers = (member("db-0", view), member("db-1", apart), stopped("db-2"))
    assert decide_repair(seen(*servers), "db-0").actions == ()


def test_nobody_joins_through_a_member_that_sees_no_majority() -> None:
    """The network was parted one way: the first still hears the second, which hears nobody. A join would hang for 30 s."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    deaf = {"db-0": UNREACHABLE, "db-1": ONLINE}
    servers = (member("db-0", states), member("db-1", deaf), stopped("db-2"))
    plan = decide_repair(seen(*servers), "db-2")
    assert plan.actions == ()
    assert "does not confirm" in plan.because


def test_a_majority_that_sees_itself_is_joined_without_the_rest() -> None:
    """One of three is cut off from the others, but not from the member that wants to join."""
    states = {"db-0": ONLINE, "db-1": ONLINE, "db-3": UNREACHABLE}
    deaf = {"db-0": UNREACHABLE, "db-1": UNREACHABLE, "db-3": ONLINE}
    servers = (member("db-0", states), member("db-1", states), stopped("db-2"), member("db-3", deaf))
    actions = decide_repair(seen(*servers), "db-2").actions
    assert actions == (JoinGroup("db-2", SINGLE, ("db-0", "db-1")),)


def test_recovery_without_any_donor_gives_way_to_the_server_that_holds_the_data() -> None:
    """The seed died while both others recovered from it: they can never finish."""
    states = {"db-1": RECOVERING, "db-2": RECOVERING}
    servers = (stopped("db-0", f"{GROUP}:1-9"), member("db-1", states), member("db-2", states))
    assert decide_repair(seen(*servers), "db-1").actions == (LeaveGroup("db-1"),)
    assert decide_repair(seen(*servers), "db-0").refusal is None


def test_a_member_that_recovers_is_left_alone() -> None:
    """However long it takes."""
    servers = (member("db-0", TWO | {"db-2": RECOVERING}), member("db-2", TWO | {"db-2": RECOVERING}))
    assert decide_repair(seen(*servers), "db-2").actions == ()


def test_a_member_that_came_back_lets_clients_in() -> None:
    """exit_state_action=OFFLINE_MODE shut them out."""
    servers = (member("db-0"), member("db-1", offline_mode=True), member("db-2"))
    assert decide_repair(seen(*servers), "db-1").actions == (EndOfflineMode("db-1"),)


def test_a_bootstrap_that_was_killed_after_it_worked_is_ended() -> None:
    """Otherwise the next START GROUP_REPLICATION would start a second group."""
    servers = (member("db-0", bootstrap_flag=True), member("db-1"), member("db-2"))
    assert decide_repair(seen(*servers), "db-0").actions == (ForbidBootstrap("db-0"),)


def test_after_a_complete_outage_the_recorded_mode_comes_back() -> None:
    """A restarted server says single-primary, whatever its group was."""
    servers = tuple(stopped(pod, f"{GROUP}:1-9") for pod in ("db-0", "db-1", "db-2"))
    plan = decide_repair(seen(*servers, written=record(mode="multi-primary")), "db-0")
    assert plan.actions == (BootstrapGroup("db-0", TopologyMode.MULTI_PRIMARY),)


def test_before_creation_an_agent_only_waits() -> None:
    """Creation is the Job's act."""
    written = record(bootstrapped=False)
    assert decide_repair(seen(*map(stopped, ("db-0", "db-1", "db-2")), written=written), "db-0").actions == ()


def test_nobody_joins_before_the_record_admits_it() -> None:
    """The Job is still making accounts: a join beside that could stop the primary."""
    servers = (member("db-0", {"db-0": ONLINE}), stopped("db-1"), stopped("db-2"))
    assert decide_repair(seen(*servers, written=record(bootstrapped=False)), "db-1").actions == ()
    assert decide_repair(seen(*servers, written=record(servers="1")), "db-1").actions == ()
    assert decide_repair(seen(*servers, written=record(servers="2")), "db-1").actions == (
        JoinGroup("db-1", SINGLE, ("db-0",)),
    )


def test_after_a_complete_outage_the_server_that_lacks_nothing_starts_the_group() -> None:
    """Invariant 2: received but unapplied transactions count."""
    servers = (
        stopped("db-0", f"{GROUP}:1-9"),
        stopped("db-1", f"{GROUP}:1-9", received=f"{GROUP}:10"),
        stopped("db-2", f"{GROUP}:1-8"),
    )
    assert decide_repair(seen(*servers), "db-1").actions == (BootstrapGroup("db-1", SINGLE),)
    assert decide_repair(seen(*servers), "db-0").actions == ()
    assert decide_repair(seen(*servers), "db-2").actions == ()


def test_among_equals_exactly_one_starts_the_group() -> None:
    """Invariant 1."""
    servers = tuple(stopped(pod, f"{GROUP}:1-9") for pod in ("db-2", "db-0", "db-1"))
    starters = [pod for pod in ("db-0", "db-1", "db-2") if decide_repair(seen(*servers), pod).actions]
    assert starters == ["db-0"]


def test_no_group_is_started_while_a_server_is_silent() -> None:
    """It could hold newer data, or be in a group."""
    plan = decide_repair(seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1", f"{GROUP}:1-9")), "db-0")
    assert plan.actions == ()
    assert "db-2" in plan.because


def test_diverged_servers_start_nothing() -> None:
    """A person decides."""
    servers = (stopped("db-0", f"{GROUP}:1-2"), stopped("db-1", f"{GROUP}:1:3"), stopped("db-2"))
    plan = decide_repair(seen(*servers), "db-0")
    assert plan.actions == ()
    assert plan.refusal is not None


def test_a_member_without_majority_waits() -> None:
    """Bootstrapping beside a hidden majority would split the group."""
    alone = {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}
    for pod in ("db-0", "db-1"):
        assert decide_repair(seen(member("db-0", alone)), pod).actions == ()


def test_between_two_groups_nobody_acts() -> None:
    """SPLIT_BRAIN is a person's to mend."""
    servers = (
        member("db-0", {"db-0": ONLINE}, view_id="17:1"),
        member("db-1", {"db-1": ONLINE}, view_id="18:1"),
        stopped("db-2"),
    )
    assert decide_repair(seen(*servers), "db-2").actions == ()


def test_agents_never_start_an_empty_group() -> None:
    """Every volume empty is no outage: somebody must say that a new cluster is wanted."""
    plan = decide_repair(seen(*map(stopped, ("db-0", "db-1", "db-2"))), "db-0")
    assert plan.actions == ()
    assert "empty" in plan.because


def test_a_restore_by_hand_is_an_outage_that_the_restored_server_ends() -> None:
    """One claim from a snapshot, the others empty: whatever the ordinal, the one with the data starts the group."""
    for restored in ("db-0", "db-2"):
        servers = [
            stopped(pod, f"{GROUP}:1-40" if pod == restored else "") for pod in ("db-0", "db-1", "db-2")
        ]
        world = seen(*servers)
        acting = {server.pod for server in servers if decide_repair(world, server.pod).actions}
        assert acting == {restored}
        assert decide_repair(world, restored).actions == (BootstrapGroup(restored, SINGLE),)


def test_a_restore_by_hand_beside_an_old_volume_does_not_lose_that() -> None:
    """A claim was forgotten: the fuller one starts the group, or, with transactions of its own on both sides, nobody."""
    fuller = (stopped("db-0", f"{GROUP}:1-40"), stopped("db-1", f"{GROUP}:1-90"), stopped("db-2"))
    assert decide_repair(seen(*fuller), "db-0").actions == ()
    assert decide_repair(seen(*fuller), "db-1").actions == (BootstrapGroup("db-1", SINGLE),)
    diverged = (
        stopped("db-0", f"{GROUP}:1-40"),
        stopped("db-1", f"{GROUP}:1-30,{GROUP[:-1]}b:1-5"),
        stopped("db-2"),
    )
    refused = decide_repair(seen(*diverged), "db-0").refusal
    assert refused
    assert "db-0 lacks" in refused.reason
    assert "db-1 lacks" in refused.reason


def test_a_restore_by_hand_waits_for_every_server() -> None:
    """One that does not answer could hold more."""
    world = seen(stopped("db-0", f"{GROUP}:1-40"), stopped("db-1"))
    assert decide_repair(world, "db-0").actions == ()


def test_no_group_is_started_while_a_server_still_ends_the_old_one() -> None:
    """Its messages would reach the new one, which has the same name: a transaction of the old group was executed twice."""
    servers = (
        stopped("db-0", f"{GROUP}:1-40"),
        stopped("db-1", f"{GROUP}:1-40"),
        stopped("db-2", f"{GROUP}:1-30", state=ERROR),
    )
    plan = decide_repair(seen(*servers), "db-0")
    assert plan.actions == ()
    assert "db-2 still ends what is left of the old group" in plan.because
    assert decide_repair(seen(*servers), "db-2").actions == (LeaveGroup("db-2"),)


def test_a_server_that_has_most_ends_its_old_group_before_it_starts_one() -> None:
    """One step after the other: it may hold more by then, or somebody else less."""
    servers = (stopped("db-0", f"{GROUP}:1-40", state=ERROR), stopped("db-1"), stopped("db-2"))
    assert decide_repair(seen(*servers), "db-0").actions == (LeaveGroup("db-0"),)
