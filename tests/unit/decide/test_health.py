"""The group's state follows from what the servers say."""

import pytest

from innodb_cluster.decide.health import classify
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.state import GroupState
from tests.unit.builders import (
    OFFLINE,
    ONLINE,
    RECOVERING,
    UNREACHABLE,
    member,
    record,
    seen,
    settings,
    stopped,
)

CASES = {
    "three ONLINE members that all answer": (seen(member("db-0"), member("db-1"), member("db-2")), "ONLINE"),
    "a view that is whole needs no other answer": (
        Observation(settings(), record(), (member("db-1"),)),
        "ONLINE",
    ),
    "one member recovers": (
        seen(
            member("db-0", {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}),
            stopped("db-1"),
            stopped("db-2"),
        ),
        "ONLINE_PARTIAL",
    ),
    "one member is unreachable to a majority": (
        seen(member("db-0", {"db-0": ONLINE, "db-1": ONLINE, "db-2": UNREACHABLE})),
        "ONLINE_PARTIAL",
    ),
    "a group of one while two silent servers could have another": (
        seen(member("db-0", {"db-0": ONLINE})),
        "ONLINE_UNCERTAIN",
    ),
    "a minority, the others answer that they are out": (
        seen(
            member("db-0", {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}),
            stopped("db-1"),
            stopped("db-2"),
        ),
        "NO_QUORUM",
    ),
    "a minority, the others are silent": (
        seen(member("db-0", {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE})),
        "NO_QUORUM_UNCERTAIN",
    ),
    "all stopped": (seen(stopped("db-0"), stopped("db-1"), stopped("db-2")), "OFFLINE"),
    "two stopped, one silent": (seen(stopped("db-0"), stopped("db-1")), "OFFLINE_UNCERTAIN"),
    "never created": (
        seen(stopped("db-0"), stopped("db-1"), written=record(bootstrapped=False)),
        "NEW",
    ),
    "two groups": (
        seen(
            member("db-0", {"db-0": ONLINE}, view_id="17:1"),
            member("db-1", {"db-1": ONLINE}, view_id="18:1"),
            stopped("db-2"),
        ),
        "SPLIT_BRAIN",
    ),
    "two groups and a silent server": (
        seen(
            member("db-0", {"db-0": ONLINE}, view_id="17:1"), member("db-1", {"db-1": ONLINE}, view_id="18:1")
        ),
        "SPLIT_BRAIN_UNCERTAIN",
    ),
    "a member of a foreign group is no member": (
        seen(member("db-0", group_name="other"), stopped("db-1"), stopped("db-2")),
        "OFFLINE",
    ),
}


@pytest.mark.parametrize(("observation", "state"), CASES.values(), ids=CASES.keys())
def test_state(observation: Observation, state: str) -> None:
    """Each line of docs/states.md has its case here."""
    assert classify(observation).state is GroupState(state)


def test_every_state_has_a_case() -> None:
    """No state is without an example."""
    assert {state for _, state in CASES.values()} == {state.value for state in GroupState}


def test_the_newest_view_counts() -> None:
    """A member whose view lags does not speak for the group."""
    lagging = member("db-0", {"db-0": ONLINE, "db-1": ONLINE}, view_id="17:9")
    newest = member("db-1", view_id="17:10", primary="db-1")
    assert classify(seen(lagging, newest)).primaries == ("db-1",)


def test_offline_members_of_a_view_are_not_online() -> None:
    """A member that leaves is still in the view for a moment."""
    health = classify(seen(member("db-0", {"db-0": ONLINE, "db-1": ONLINE, "db-2": OFFLINE})))
    assert health.online == ("db-0", "db-1")
