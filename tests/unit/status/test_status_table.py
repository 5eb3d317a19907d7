"""The status table for people."""

from innodb_cluster.decide.status_document import status_document
from innodb_cluster.decide.status_table import status_table
from tests.unit.status.builders import ERROR, ONLINE, address, answer, healthy, report, view


def test_a_healthy_cluster_is_a_heading_and_one_line_for_each_member() -> None:
    """No complaint, no empty end."""
    lines = status_table(status_document(healthy())).splitlines()
    assert lines[0] == "db: OK (Single-Primary)"
    assert lines[3].split() == ["MEMBER", "ROLE", "STATUS", "MODE", "LAG", "VERSION"]
    assert lines[4].split() == [address(0), "PRIMARY", "ONLINE", "R/W", "none", "9.7.4"]
    assert len(lines) == 7


def test_what_is_wrong_follows_the_table() -> None:
    """Each complaint names its member."""
    what = report(answer(0, view(ONLINE, ONLINE, None)), answer(2, state=ERROR), silent={1: "timed out"})
    lines = status_table(status_document(what)).splitlines()
    assert f"{address(1)}: not heard from: timed out" in lines
    assert f"{address(2)}: ERROR: Group Replication has stopped with an error." in lines


def test_columns_are_aligned() -> None:
    """Every status begins where the heading's does."""
    lines = status_table(status_document(healthy())).splitlines()[3:]
    assert len({line.index(word) for line, word in zip(lines, ["STATUS", *["ONLINE"] * 3], strict=True)}) == 1
