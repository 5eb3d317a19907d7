"""What a person may force, and what has to be said by name before."""

from innodb_cluster.decide.force import (
    decide_force_bootstrap,
    decide_force_quorum,
    decide_force_start,
    waiting_to_start,
)
from innodb_cluster.model.actions import BootstrapGroup, EndServer, LeaveGroup
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import ERROR, GROUP, ONLINE, UNREACHABLE, member, record, seen, settings, stopped

SINGLE = TopologyMode.SINGLE_PRIMARY
ALONE = {"db-0": UNREACHABLE, "db-1": ONLINE, "db-2": UNREACHABLE}


def reason(plan: Plan) -> str:
    """Give why it was refused, with what to do; no action goes with it."""
    assert plan.refusal is not None
    assert plan.actions == ()
    return f"{plan.refusal.reason}: {plan.refusal.what_to_do}"


def test_a_silent_server_has_to_be_given_up_by_name() -> None:
    """Nobody knows what it holds."""
    found = seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1", f"{GROUP}:1-8"))
    told = reason(decide_force_bootstrap(found, "db-0", ()))
    assert "db-2 does not answer" in told
    assert "force-bootstrap --give-up db-2" in told
    plan = decide_force_bootstrap(found, "db-0", {"db-2"})
    assert plan.actions == (BootstrapGroup("db-0", SINGLE, renamed=True),)


def test_the_transactions_that_would_be_lost_are_shown() -> None:
    """As a set, so that they can be saved."""
    found = seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1", f"{GROUP}:1-8"))
    told = reason(decide_force_bootstrap(found, "db-1", {"db-2"}))
    assert f"db-0 holds {GROUP}:9" in told
    assert decide_force_bootstrap(found, "db-1", {"db-0", "db-2"}).actions


def test_diverged_data_can_be_decided() -> None:
    """Every server answers, none holds everything."""
    found = seen(stopped("db-0", f"{GROUP}:1-9,uuid-x:1"), stopped("db-1", f"{GROUP}:1-10"), stopped("db-2"))
    assert f"db-1 holds {GROUP}:10" in reason(decide_force_bootstrap(found, "db-0", ()))
    assert decide_force_bootstrap(found, "db-0", {"db-1"}).actions == (
        BootstrapGroup("db-0", SINGLE, renamed=True),
    )


def test_a_member_in_error_leaves_first() -> None:
    """START GROUP_REPLICATION is refused in that state."""
    found = seen(stopped("db-0", state=ERROR))
    plan = decide_force_bootstrap(found, "db-0", {"db-1", "db-2"})
    assert plan.actions == (LeaveGroup("db-0"), BootstrapGroup("db-0", SINGLE, renamed=True))


def test_the_mode_that_the_group_ran_in_is_kept() -> None:
    """A restarted server has forgotten it."""
    written = record(mode="multi-primary")
    found = seen(stopped("db-0"), written=written)
    plan = decide_force_bootstrap(found, "db-0", {"db-1", "db-2"})
    assert plan.actions == (BootstrapGroup("db-0", TopologyMode.MULTI_PRIMARY, renamed=True),)


def test_nothing_is_forced_where_nothing_needs_it() -> None:
    """A group with a majority, a repair that acts by itself, a cluster that never was."""
    group = seen(*(member(pod) for pod in ("db-0", "db-1")))
    assert "majority" in reason(decide_force_bootstrap(group, "db-0", {"db-2"}))
    assert "majority" in reason(decide_force_quorum(group, "db-0", {"db-2"}))
    outage = seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1"), stopped("db-2"))
    assert "db-0 holds every transaction" in reason(decide_force_bootstrap(outage, "db-1", {"db-0"}))
    assert decide_force_bootstrap(outage, "db-0", ()).actions
    never = seen(stopped("db-0"), written=record(bootstrapped=False))
    assert "never been created" in reason(decide_force_bootstrap(never, "db-0", {"db-1", "db-2"}))


def test_names_that_have_nothing_to_give_up_are_refused() -> None:
    """A typing error must not pass as consent."""
    found = seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1"))
    assert "db-1 has nothing" in reason(decide_force_bootstrap(found, "db-0", {"db-1", "db-2"}))


def test_a_server_that_does_not_answer_cannot_start_a_group() -> None:
    """Another one has to be named."""
    found = seen(stopped("db-0"))
    assert "db-1 does not answer" in reason(decide_force_bootstrap(found, "db-1", ()))
    assert "db-1 does not answer" in reason(decide_force_quorum(found, "db-1", ()))


def test_no_group_is_started_beside_one_without_majority() -> None:
    """Its members are still there: what is left of it goes on instead."""
    found = seen(member("db-1", ALONE))
    assert "force-quorum" in reason(decide_force_bootstrap(found, "db-1", {"db-0", "db-2"}))


def test_the_members_that_are_left_go_on() -> None:
    """After both that are gone were named."""
    found = seen(member("db-1", ALONE))
    told = reason(decide_force_quorum(found, "db-1", {"db-0"}))
    assert "--give-up db-0 --give-up db-2" in told
    plan = decide_force_quorum(found, "db-1", {"db-0", "db-2"})
    assert plan.actions == (EndServer("db-1"),)


def test_the_group_is_started_once_the_server_is_out_of_the_old_one() -> None:
    """Under another name, because those that were given up may hold more."""
    assert "db-1" in waiting_to_start(seen(), "db-1")
    assert "db-1" in waiting_to_start(seen(member("db-1", ALONE)), "db-1")
    anew = seen(stopped("db-1", f"{GROUP}:1-9"))
    assert waiting_to_start(anew, "db-1") == ""
    plan = decide_force_start(anew, "db-1", {"db-0", "db-2"})
    assert plan.actions == (BootstrapGroup("db-1", SINGLE, renamed=True),)


def test_who_was_given_up_may_be_back_before_the_group_starts() -> None:
    """It has nothing to give up any more; one that holds more still has to be named, and was."""
    back = seen(stopped("db-0", f"{GROUP}:1-9"), stopped("db-1", f"{GROUP}:1-9"))
    assert decide_force_start(back, "db-1", {"db-0", "db-2"}).actions
    more = seen(stopped("db-0", f"{GROUP}:1-10"), stopped("db-1", f"{GROUP}:1-9"))
    assert "db-0 holds" in reason(decide_force_start(more, "db-1", {"db-2"}))
    assert decide_force_start(more, "db-1", {"db-0", "db-2"}).actions


def test_a_majority_that_comes_back_meanwhile_goes_on_instead() -> None:
    """Nothing waits for it, and nothing is started beside it."""
    healed = seen(stopped("db-1"), *(member(pod, view_id="17:4") for pod in ("db-0", "db-2")))
    assert waiting_to_start(healed, "db-1") == ""
    assert "majority" in reason(decide_force_start(healed, "db-1", {"db-0", "db-2"}))


def test_other_members_that_are_left_have_their_say() -> None:
    """One that holds more is the better one to go on with; and the old group must be over everywhere before."""
    five = settings(servers=5)
    states = {"db-0": UNREACHABLE, "db-1": ONLINE, "db-2": UNREACHABLE, "db-3": UNREACHABLE, "db-4": ONLINE}
    gone = {"db-0", "db-2", "db-3"}
    left = [member("db-1", states, gtids=f"{GROUP}:1-8"), member("db-4", states, gtids=f"{GROUP}:1-9")]
    found = seen(*left, of=five, written=record(servers="5"))
    assert f"db-4 holds {GROUP}:9" in reason(decide_force_quorum(found, "db-1", gone))
    assert decide_force_quorum(found, "db-4", gone).actions == (EndServer("db-4"),)
    anew = seen(left[0], stopped("db-4", f"{GROUP}:1-9"), of=five, written=record(servers="5"))
    assert "db-1 to leave the old group" in waiting_to_start(anew, "db-4")


def test_a_member_that_still_answers_is_never_left_behind() -> None:
    """The network between them is broken, and it may be writing."""
    found = seen(member("db-1", ALONE), stopped("db-0"))
    assert "db-0 cannot be reached by the group and still answers" in reason(
        decide_force_quorum(found, "db-1", {"db-0", "db-2"})
    )


def test_a_member_in_no_group_has_no_quorum_to_force() -> None:
    """It has left by itself after unreachable_majority_timeout."""
    found = seen(stopped("db-1", state=ERROR))
    assert "force-bootstrap" in reason(decide_force_quorum(found, "db-1", {"db-0", "db-2"}))
