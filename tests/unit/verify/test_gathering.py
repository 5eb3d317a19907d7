"""Questions side by side, none of them waited for too long."""

import threading
from collections.abc import Callable

import pytest

from innodb_cluster.jobs.gathering import TOO_LATE, Gathering
from innodb_cluster.jobs.members import MemberSessions
from innodb_cluster.model.errors import TemporaryError


class Line:
    """A session that counts."""

    opened = 0

    def __init__(self) -> None:
        Line.opened += 1
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_answers_and_failures_are_told_apart() -> None:
    """Also an answer that is nothing, and an error of our own."""

    def fails() -> int:
        raise TemporaryError("not now")

    def breaks() -> int:
        return int("no number")

    answers, failures = Gathering({"a": lambda: 1, "b": lambda: 0, "c": fails, "d": breaks}).wait(10)
    assert answers == {"a": 1, "b": 0}
    assert failures["c"] == "not now"
    assert failures["d"].startswith("ValueError")


def test_what_is_late_is_left_behind() -> None:
    """A name server that does not answer holds nobody up."""
    never = threading.Event()
    answers, failures = Gathering({"slow": never.wait, "quick": lambda: True}).wait(0.2)
    never.set()
    assert answers == {"quick": True}
    assert failures == {"slow": TOO_LATE}


def test_members_are_connected_once_for_many_questions() -> None:
    """A handshake costs more than a question."""
    Line.opened = 0
    with MemberSessions({"a": Line, "b": Line}, 10) as members:
        assert members.ask(lambda line: line.closed) == {"a": False, "b": False}
        members.ask(lambda line: line.closed)
    assert Line.opened == 2


def test_sessions_are_opened_anew_after_a_failure() -> None:
    """A broken one is of no use."""
    Line.opened = 0

    def fails(_: Line) -> int:
        raise TemporaryError("gone")

    members = MemberSessions[Line]({"a": Line}, 10)
    with pytest.raises(TemporaryError, match="a: gone"):
        members.ask(fails)
    members.ask(lambda line: line.closed)
    members.close()
    assert Line.opened == 2


def test_a_member_that_cannot_be_reached_is_named() -> None:
    """With the reason."""

    def refuse() -> Line:
        raise TemporaryError("refused")

    connectors: dict[str, Callable[[], Line]] = {"a": Line, "b": refuse}
    with MemberSessions(connectors, 10) as members, pytest.raises(TemporaryError, match="b: refused"):
        members.ask(lambda line: line.closed)
