"""Servers go on without others only where the policy says so, and those others cannot be running."""

from dataclasses import replace
from itertools import product

import pytest

from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import BootstrapGroup, JoinGroup
from innodb_cluster.model.observation import GonePod, Observation, ServerView
from innodb_cluster.model.settings import LostQuorum, TopologyMode
from tests.unit.builders import ERROR, GROUP, ONLINE, UNREACHABLE, member, record, seen, settings, stopped

AUTOMATIC = replace(settings(), lost_quorum=LostQuorum.AUTOMATIC, lost_quorum_seconds=300)
LEFT = stopped("db-0", f"{GROUP}:1-9")
LONG = 300.0


def without(
    *servers: ServerView, gone: dict[str, float], policy: LostQuorum = LostQuorum.AUTOMATIC
) -> Observation:
    """Build an observation of what is left, and what Kubernetes says of the others."""
    found = seen(*servers, of=replace(AUTOMATIC, lost_quorum=policy))
    return replace(found, gone=tuple(GonePod(pod, seconds) for pod, seconds in gone.items()))


def test_what_is_left_starts_a_group_of_another_name() -> None:
    """What the others alone hold keeps its GTIDs to itself, should they ever come back."""
    plan = decide_repair(without(LEFT, gone={"db-1": LONG, "db-2": LONG}), "db-0")
    assert plan.actions == (BootstrapGroup("db-0", TopologyMode.SINGLE_PRIMARY, renamed=True),)
    assert "db-1, db-2 cannot be running" in plan.because


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ({}, "nothing rules out that db-1, db-2 run"),
        ({"db-1": LONG}, "nothing rules out that db-2 run"),
        ({"db-1": LONG, "db-2": LONG - 1}, "left behind when that has been so for 300 s"),
    ],
)
def test_until_all_others_are_gone_for_long_enough_nothing_is_done(gone: dict[str, float], said: str) -> None:
    """Silence is no proof, and a pod that waits for a new node comes back with its data."""
    plan = decide_repair(without(LEFT, gone=gone), "db-0")
    assert plan.actions == ()
    assert said in plan.because
    assert "force-bootstrap" in plan.because


def test_by_default_it_is_left_to_a_person() -> None:
    """However long the others are gone."""
    gone = {"db-1": 9 * LONG, "db-2": 9 * LONG}
    plan = decide_repair(without(LEFT, gone=gone, policy=LostQuorum.REFUSE), "db-0")
    assert plan.actions == ()
    assert "force-bootstrap" in plan.because


def test_an_empty_server_never_takes_the_place_of_those_that_are_gone() -> None:
    """It holds nothing to go on with."""
    plan = decide_repair(without(stopped("db-0"), gone={"db-1": LONG, "db-2": LONG}), "db-0")
    assert plan.actions == ()
    assert "nobody but db-1, db-2 can hold the data" in plan.because


def test_of_those_that_are_left_the_one_that_holds_most_goes_on() -> None:
    """The other waits to join it."""
    servers = (LEFT, stopped("db-1", f"{GROUP}:1-12"))
    found = without(*servers, gone={"db-2": LONG})
    assert decide_repair(found, "db-0").actions == ()
    assert decide_repair(found, "db-1").actions == (
        BootstrapGroup("db-1", TopologyMode.SINGLE_PRIMARY, renamed=True),
    )


def test_data_that_has_diverged_is_still_refused() -> None:
    """The policy gives up servers, not what those hold that answer."""
    servers = (LEFT, stopped("db-1", f"{GROUP}:1-8:11"))
    plan = decide_repair(without(*servers, gone={"db-2": LONG}), "db-0")
    assert plan.refusal is not None


def test_a_member_that_still_hopes_for_its_majority_is_left_alone() -> None:
    """It gives up by itself after 30 seconds; only then is no group there."""
    alone = member("db-0", {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE})
    assert decide_repair(without(alone, gone={"db-1": LONG, "db-2": LONG}), "db-0").actions == ()


def test_no_group_is_started_beside_a_server_that_may_be_in_one() -> None:
    """Whatever answers and whatever Kubernetes says: all that could run have answered that they are in no group."""
    states = (None, stopped("x", f"{GROUP}:1"), stopped("x", f"{GROUP}:1-2", state=ERROR), ONLINE)
    for chosen in product(states, repeat=3):
        servers = [_server(pod, state) for pod, state in zip(AUTOMATIC.pods, chosen, strict=True)]
        answering = [server for server in servers if server is not None]
        silent = [pod for pod, server in zip(AUTOMATIC.pods, servers, strict=True) if server is None]
        for known in product((None, 1.0, LONG), repeat=len(silent)):
            gone = {pod: seconds for pod, seconds in zip(silent, known, strict=True) if seconds}
            found = without(*answering, gone=gone)
            plans = [decide_repair(found, server.pod) for server in answering]
            starts = [a for plan in plans for a in plan.actions if isinstance(a, BootstrapGroup)]
            assert len(starts) <= 1
            if starts:
                assert all(gone.get(pod) == LONG for pod in silent)
                assert not any(server.state.in_group for server in answering)
                assert starts[0].renamed == bool(silent)


def _server(pod: str, state: object) -> ServerView | None:
    if isinstance(state, ServerView):
        return replace(state, pod=pod, server_uuid=f"uuid-{pod}")
    return member(pod, {pod: ONLINE}, primary=pod) if state is ONLINE else None


def test_a_server_whose_pod_is_being_deleted_starts_nothing() -> None:
    """Its pod's end would wait for START GROUP_REPLICATION, for a minute."""
    two = {"db-0": ONLINE, "db-1": ONLINE}
    found = seen(member("db-0", two), member("db-1", two), stopped("db-2"))
    assert any(isinstance(action, JoinGroup) for action in decide_repair(found, "db-2").actions)
    plan = decide_repair(replace(found, ending=True), "db-2")
    assert plan.actions == ()
    assert "being deleted" in plan.because


def test_while_the_number_of_servers_changes_nobody_is_left_behind() -> None:
    """Servers that the record does not know yet may have come back with old claims."""
    found = without(LEFT, gone={"db-1": LONG, "db-2": LONG})
    plan = decide_repair(replace(found, record=record(servers="1")), "db-0")
    assert plan.actions == ()
    assert "the number of servers is changing" in plan.because
