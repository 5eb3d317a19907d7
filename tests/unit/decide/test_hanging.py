"""When a server that answers nobody may be ended."""

import pytest

from innodb_cluster.decide.hanging import why_it_is_left
from innodb_cluster.model.observation import Observation, ServerView
from tests.unit.builders import ONLINE, RECOVERING, UNREACHABLE, member, record, settings

POD = "db-0"


def verdict(*others: ServerView, bootstrapped: bool = True) -> str:
    """Give why db-0 is left alone when these others answered."""
    return why_it_is_left(Observation(settings(), record(bootstrapped=bootstrapped), others), POD)


def test_it_may_be_ended_when_the_others_are_a_majority_without_it() -> None:
    """They replace it."""
    assert verdict(member("db-1"), member("db-2")) == ""


def test_also_after_the_group_has_begun_to_suspect_or_expelled_it() -> None:
    """As with a process that stands still as a whole: nobody waits for it, and it comes back sooner."""
    suspected = {"db-0": UNREACHABLE, "db-1": ONLINE, "db-2": ONLINE}
    expelled = {"db-1": ONLINE, "db-2": ONLINE}
    for seen in (suspected, expelled):
        assert verdict(member("db-1", seen), member("db-2", seen)) == ""


@pytest.mark.parametrize(
    "others",
    [
        (),
        (member("db-1"),),
        (member("db-1", {"db-0": ONLINE, "db-1": ONLINE}),),
        (member("db-1", group_name="another"), member("db-2", group_name="another")),
        (
            member("db-1", {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}),
            member("db-2", {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}),
        ),
        (
            member("db-1", {"db-0": ONLINE, "db-1": ONLINE, "db-2": UNREACHABLE}),
            member("db-2", {"db-0": UNREACHABLE, "db-1": UNREACHABLE, "db-2": ONLINE}),
        ),
    ],
    ids=[
        "nobody answers",
        "one of three",
        "a group of two",
        "another group",
        "a donor is needed",
        "partition",
    ],
)
def test_it_is_left_alone_otherwise(others: tuple[ServerView, ...]) -> None:
    """Its end would cost the quorum, or nobody knows whether it would."""
    assert "no majority without it" in verdict(*others)


def test_it_is_left_alone_while_the_cluster_is_being_created() -> None:
    """The converge Job waits for it."""
    assert "not been created" in verdict(member("db-1"), member("db-2"), bootstrapped=False)
