"""Members leave for good one by one, and only when those that stay hold everything."""

import pytest

from innodb_cluster.decide.scale_down import MAX_BACKLOG_TRANSACTIONS, decide_scale_down, shrinks
from innodb_cluster.model.actions import Action, RecordAdmitted, RecordMembers, RetireMember, SwitchPrimary
from innodb_cluster.model.observation import MemberState, Observation, ServerView
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import (
    ERROR,
    GROUP,
    ONLINE,
    RECOVERING,
    UNREACHABLE,
    member,
    record,
    seen,
    settings,
    stopped,
)

FIVE = ("db-0", "db-1", "db-2", "db-3", "db-4")


def states(**differing: MemberState) -> dict[str, MemberState]:
    """Five ONLINE members, but for those named (``db_3=ERROR``)."""
    return dict.fromkeys(FIVE, ONLINE) | {pod.replace("_", "-"): state for pod, state in differing.items()}


def members(view: dict[str, MemberState], primary: str = "db-0", **gtids: str) -> list[ServerView]:
    """Every member of the view that answers."""
    return [
        member(pod, view, primary=primary, gtids=gtids.get(pod.replace("-", "_"), ""))
        for pod, state in view.items()
        if state in {ONLINE, RECOVERING}
    ]


def of_five(*servers: ServerView, admitted: str = "") -> Observation:
    """Five servers are recorded; those that are not given do not answer."""
    return seen(*servers, of=settings(5), written=record(servers="5", admitted=admitted))


def actions(plan: Plan) -> tuple[Action, ...]:
    """What a plan that goes on does."""
    assert plan.refusal is None
    return plan.actions


@pytest.mark.parametrize(
    ("bootstrapped", "recorded", "target", "expected"),
    [(True, "5", 3, True), (True, "3", 3, False), (True, "3", 5, False), (False, "", 1, False)],
)
def test_only_fewer_than_recorded_is_a_scale_down(
    bootstrapped: bool, recorded: str, target: int, expected: bool
) -> None:
    """Pods that were never admitted may go without a word."""
    assert shrinks(record(bootstrapped=bootstrapped, servers=recorded), target) is expected
    assert not shrinks(None, 1)


def test_first_it_is_written_down_who_may_still_join() -> None:
    """Or the agents of those that left would have them back."""
    plan = decide_scale_down(of_five(*members(states())), 3)
    assert actions(plan) == (RecordAdmitted(3),)


def test_then_members_leave_one_by_one_the_last_first() -> None:
    """Each in a plan of its own, so that the group is looked at in between."""
    plan = decide_scale_down(of_five(*members(states()), admitted="3"), 3)
    assert actions(plan) == (RetireMember("db-4"),)
    view = dict.fromkeys(FIVE[:4], ONLINE)
    plan = decide_scale_down(of_five(*members(view), stopped("db-4"), admitted="3"), 3)
    assert actions(plan) == (RetireMember("db-3"),)


def test_the_number_is_recorded_when_all_have_left() -> None:
    """Until then every volume counts after a complete outage."""
    view = dict.fromkeys(FIVE[:3], ONLINE)
    plan = decide_scale_down(of_five(*members(view), stopped("db-3"), stopped("db-4"), admitted="3"), 3)
    assert actions(plan) == (RecordMembers(3),)


def test_a_leaving_pod_that_is_gone_is_not_waited_for() -> None:
    """The members that stay are a majority, hold everything and do not have it in their view."""
    view = dict.fromkeys(FIVE[:4], ONLINE)
    plan = decide_scale_down(of_five(*members(view), admitted="3"), 3)
    assert actions(plan) == (RetireMember("db-3"),)


def test_one_that_the_group_still_counts_is_waited_for_when_it_is_silent() -> None:
    """The group expels it within seconds."""
    plan = decide_scale_down(of_five(*members(states(db_4=UNREACHABLE)), admitted="3"), 3)
    assert actions(plan) == ()
    assert "db-4" in plan.because


@pytest.mark.parametrize("state", [RECOVERING, ERROR])
def test_leaving_members_need_not_be_well(state: MemberState) -> None:
    """One that recovers, or that would rejoin on its own, is stopped as well."""
    view = states(db_4=state) if state is RECOVERING else dict.fromkeys(FIVE[:4], ONLINE)
    others = members(view)
    failed = [] if state is RECOVERING else [stopped("db-4", state=ERROR)]
    plan = decide_scale_down(of_five(*others, *failed, admitted="3"), 3)
    assert actions(plan) == (RetireMember("db-4"),)


def test_a_primary_that_is_to_leave_hands_over_first_to_the_one_with_the_least_to_apply() -> None:
    """Before anything is written or stopped."""
    view = states()
    servers = [
        member("db-0", view, primary="db-4", gtids=f"{GROUP}:1-5", received=f"{GROUP}:1-9"),
        member("db-1", view, primary="db-4", gtids=f"{GROUP}:1-8", received=f"{GROUP}:1-9"),
        *(member(pod, view, primary="db-4") for pod in FIVE[2:]),
    ]
    plan = decide_scale_down(of_five(*servers), 2)
    assert actions(plan) == (SwitchPrimary("db-4", "db-1", "uuid-db-1"),)


def test_nobody_takes_over_with_a_long_backlog() -> None:
    """Clients would wait for all of it."""
    view = states()
    behind = member(
        "db-0", view, primary="db-4", received=f"{GROUP}:1-{MAX_BACKLOG_TRANSACTIONS + 1}", gtids=""
    )
    plan = decide_scale_down(of_five(behind, *members(view, primary="db-4")[1:]), 1)
    assert actions(plan) == ()
    assert f"apply {MAX_BACKLOG_TRANSACTIONS + 1} transactions" in plan.because


def test_in_multi_primary_mode_nobody_hands_over() -> None:
    """The others take writes already."""
    view = states()
    servers = [member(pod, view, primary="db-4", mode=TopologyMode.MULTI_PRIMARY) for pod in FIVE]
    assert actions(decide_scale_down(of_five(*servers), 3)) == (RecordAdmitted(3),)


@pytest.mark.parametrize(
    ("servers", "target", "said"),
    [
        (members(dict.fromkeys(("db-0", "db-3", "db-4"), ONLINE)), 3, "db-1 is silent, db-2 is silent"),
        (members(dict.fromkeys(FIVE[1:], ONLINE)), 1, "0 of the 4 members that are ONLINE would be left"),
        (members(states(db_1=RECOVERING)), 3, "db-1 is RECOVERING"),
        ([stopped(pod) for pod in FIVE], 3, "while the group is OFFLINE"),
        ([stopped(pod) for pod in FIVE[:3]], 3, "OFFLINE_UNCERTAIN; no answer: db-3, db-4"),
        (members(dict.fromkeys(FIVE[:2], ONLINE)), 2, "while the group is ONLINE_UNCERTAIN"),
        (members(states(db_2=UNREACHABLE, db_3=UNREACHABLE, db_4=UNREACHABLE)), 2, "NO_QUORUM"),
    ],
)
def test_what_would_lose_the_majority_or_the_only_copy_is_refused(
    servers: list[ServerView], target: int, said: str
) -> None:
    """With the members' names, and what to do."""
    plan = decide_scale_down(of_five(*servers), target)
    assert plan.actions == ()
    assert plan.refusal is not None
    assert said in plan.refusal.reason
    assert "serverInstances=5" in plan.refusal.what_to_do


def test_a_server_that_alone_holds_a_transaction_stays() -> None:
    """It is outside of the group and somebody wrote on it."""
    view = dict.fromkeys(FIVE[:4], ONLINE)
    alone = stopped("db-4", f"{GROUP}:1-3,{GROUP.replace('a', 'b')}:1")
    servers = [member(pod, view, gtids=f"{GROUP}:1-3") for pod in view]
    plan = decide_scale_down(of_five(*servers, alone), 4)
    assert plan.refusal is not None
    assert (
        f"db-4 would go, and it alone holds transactions {GROUP.replace('a', 'b')}:1" in plan.refusal.reason
    )


def test_a_person_who_knows_that_silent_servers_are_gone_is_told_how_to_say_so() -> None:
    """The record's number is what counts: no member has to leave then."""
    stuck = decide_scale_down(of_five(*(stopped(pod) for pod in FIVE[:3])), 3)
    assert stuck.refusal is not None
    assert "set serverInstances in ConfigMap db-state to 3" in stuck.refusal.what_to_do
    told = seen(*(stopped(pod) for pod in FIVE[:3]), of=settings(3), written=record(servers="3"))
    assert decide_scale_down(told, 3).done
