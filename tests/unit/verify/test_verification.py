"""What the cluster's test concludes from what it read."""

import pytest

from innodb_cluster.decide.status_document import status_document
from innodb_cluster.decide.verification import (
    Check,
    Comparison,
    RouterAnswer,
    TableSum,
    check_members,
    check_router,
    check_router_count,
    check_tables,
    check_topology,
    check_transactions,
    compare_table,
    expected_destinations,
)
from innodb_cluster.model.gtid import GtidSet, parse_gtid_set
from innodb_cluster.model.settings import TopologyMode
from tests.unit.status.builders import ONLINE, RECOVERING, address, answer, healthy, report, view

UUID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
PRIMARY = frozenset({"db-0"})
SECONDARIES = frozenset({"db-1", "db-2"})


def gtids(text: str) -> GtidSet:
    """A set of the group's transactions."""
    return parse_gtid_set(f"{UUID}:{text}")


def table_sum(checksum: int | None, before: str = "1-5", after: str = "") -> TableSum:
    """A checksum taken while the member went from one set to another."""
    return TableSum(checksum, gtids(before), gtids(after or before))


def test_a_check_prints_what_is_true_or_what_to_do() -> None:
    """One line each, and the failing ones stand out."""
    assert Check("members", ok=True, detail="3 of 3").line == "ok      members: 3 of 3"
    failed = Check("members", ok=False, detail="one is away", what_to_do="look")
    assert failed.line == "FAILED  members: one is away; look"


def test_members_are_fine_only_when_all_configured_are_online() -> None:
    """RECOVERING is not there yet, and a stranger is not asked for."""
    configured = [address(ordinal) for ordinal in range(3)]
    assert check_members(status_document(healthy()), configured).ok
    joining = status_document(report(answer(0, view(ONLINE, ONLINE, RECOVERING))))
    assert f"{address(2)} RECOVERING" in check_members(joining, configured).detail
    assert not check_members(joining, configured).ok
    assert "is not configured" in check_members(status_document(healthy()), configured[:2]).detail


def test_the_mode_must_be_the_one_asked_for() -> None:
    """Whoever is primary."""
    document = status_document(healthy())
    assert check_topology(document, TopologyMode.SINGLE_PRIMARY, "").ok
    assert not check_topology(document, TopologyMode.MULTI_PRIMARY, "").ok
    assert check_topology(document, None, "").ok


def test_a_failover_away_from_the_preferred_primary_is_told_and_no_fault() -> None:
    """Only a new value moves it again."""
    check = check_topology(status_document(healthy()), TopologyMode.SINGLE_PRIMARY, address(2))
    assert check.ok
    assert f"named {address(2)}" in check.detail


def test_transactions_are_fine_when_everyone_contains_the_reference() -> None:
    """Writes that came since do no harm."""
    assert check_transactions(gtids("1-5"), {"a": gtids("1-5"), "b": gtids("1-9")}).ok


def test_a_member_that_lacks_transactions_is_named_with_them() -> None:
    """As a set, not as a number."""
    check = check_transactions(gtids("1-5"), {"a": gtids("1-5"), "b": gtids("1-3:5-8")})
    assert not check.ok
    assert check.detail == f"b lacks {UUID}:4"


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        ([table_sum(1), table_sum(1), table_sum(1)], Comparison.EQUAL),
        ([table_sum(1, "1-5"), table_sum(1, "1-9")], Comparison.EQUAL),
        ([table_sum(None), table_sum(None)], Comparison.EQUAL),
        ([table_sum(1), table_sum(2)], Comparison.DIFFERENT),
        ([table_sum(1), table_sum(None)], Comparison.DIFFERENT),
        ([table_sum(1), table_sum(2, "1-6")], Comparison.MOVED),
        ([table_sum(1), table_sum(2, "1-5", "1-6")], Comparison.MOVED),
        ([], Comparison.EQUAL),
    ],
)
def test_checksums_prove_a_difference_only_at_one_moment(sums: list[TableSum], expected: Comparison) -> None:
    """Concurrent writes are no divergence."""
    assert compare_table(sums) is expected


def test_tables_fail_on_a_difference_alone_and_tell_what_was_skipped() -> None:
    """What could not be compared is no fault."""
    moving = check_tables({"s.a": Comparison.EQUAL, "s.hot": Comparison.MOVED}, {"s.huge"})
    assert moving.ok
    assert "s.hot" in moving.detail
    assert "s.huge" in moving.detail
    different = check_tables({"s.a": Comparison.EQUAL, "s.b": Comparison.DIFFERENT}, set())
    assert not different.ok
    assert different.detail.startswith("s.b differ")


def test_many_names_are_cut_short() -> None:
    """A thousand tables make no thousand-word line."""
    check = check_tables({f"s.t{n:03}": Comparison.MOVED for n in range(100)}, set())
    assert "and 95 more" in check.detail


def test_reads_go_to_secondaries_and_to_the_primary_when_it_is_alone() -> None:
    """What the routers' routes fall back to."""
    three = expected_destinations(status_document(healthy()))
    assert three == (frozenset({address(0)}), frozenset({address(1), address(2)}))
    alone = expected_destinations(status_document(healthy(1)))
    assert alone == (frozenset({address(0)}), frozenset({address(0)}))


def test_a_router_may_list_the_primary_as_its_last_resort_for_reads() -> None:
    """Route ro falls back to it."""
    reads = (*SECONDARIES, *PRIMARY)
    assert check_router(RouterAnswer("r", writes_to=("db-0",), reads_from=reads), PRIMARY, SECONDARIES).ok
    assert check_router(
        RouterAnswer("r", writes_to=("db-0",), reads_from=tuple(SECONDARIES)), PRIMARY, SECONDARIES
    ).ok


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (RouterAnswer("r", failure="does not answer"), "does not answer"),
        (RouterAnswer("r", ("x_rw",), ("db-0",), ("db-1", "db-2")), "route x_rw has no destination"),
        (RouterAnswer("r", (), ("db-1",), ("db-1", "db-2")), "route rw leads to db-1 instead of db-0"),
        (RouterAnswer("r", (), ("db-0",), ("db-1",)), "route ro leads to db-1 instead of db-1, db-2"),
        (RouterAnswer("r", (), ("db-0",), ("db-1", "db-2", "db-7")), "route ro leads to db-1, db-2, db-7"),
        (RouterAnswer("r", (), (), ("db-1", "db-2")), "route rw leads to nothing"),
    ],
)
def test_a_router_that_leads_elsewhere_fails(given: RouterAnswer, expected: str) -> None:
    """The route is named."""
    check = check_router(given, PRIMARY, SECONDARIES)
    assert not check.ok
    assert expected in check.detail


def test_a_missing_router_fails() -> None:
    """As many as the values ask for."""
    assert check_router_count(2, 2).ok
    assert check_router_count(1, 2).line.startswith("FAILED  routers: 1 of 2 exist; ")
