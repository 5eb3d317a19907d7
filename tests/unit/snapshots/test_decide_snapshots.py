"""Which server is snapshotted, and which snapshots go."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.snapshots import Source, choose_source, decide_retention, snapshot_name
from innodb_cluster.model.plan import Refusal
from innodb_cluster.model.snapshot_settings import SnapshotSettings, parse_age
from innodb_cluster.model.snapshots import MadeBy, size_bytes
from tests.unit.builders import GROUP, OFFLINE, ONLINE, RECOVERING, member, seen, settings, stopped
from tests.unit.kubernetes.fake_clock import START
from tests.unit.snapshots.builders import snapshot

POLICY = SnapshotSettings(retention_count=2)


def chosen(found: Source | Refusal) -> Source:
    """Give the source that must have been found."""
    assert isinstance(found, Source)
    return found


def test_the_secondary_that_is_least_behind_is_taken() -> None:
    """What it has received and not applied counts as behind."""
    servers = (
        member("db-0", gtids=f"{GROUP}:1-9"),
        member("db-1", gtids=f"{GROUP}:1-7", received=f"{GROUP}:1-9"),
        member("db-2", gtids=f"{GROUP}:1-8"),
    )
    source = chosen(choose_source(seen(*servers)))
    assert (source.pod, source.is_primary) == ("db-2", False)
    assert source.origin.gtid_set == f"{GROUP}:1-8"
    assert source.origin.topology == "single-primary db-0 db-1 db-2"
    assert source.origin.cluster == "ns/db"


def test_the_primary_is_taken_when_there_is_nobody_else() -> None:
    """A cluster of one, or one whose secondaries are away."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    servers = (member("db-0", states), member("db-1", states))
    source = chosen(choose_source(seen(*servers, of=settings(2))))
    assert (source.pod, source.is_primary) == ("db-0", True)


def test_no_snapshot_is_taken_of_a_server_outside_of_a_majority() -> None:
    """It could lack what clients were told is committed."""
    assert isinstance(choose_source(seen(stopped("db-0", f"{GROUP}:1-9"))), Refusal)
    lonely = member("db-0", {"db-0": ONLINE, "db-1": OFFLINE, "db-2": OFFLINE})
    assert chosen(choose_source(seen(lonely))).pod == "db-0"


def test_retention_keeps_the_newest_of_the_schedule() -> None:
    """Older ones go; those of other makers are not counted, nor touched."""
    snapshots = [snapshot(f"s{age}", hours_old=age) for age in (1, 2, 3, 4)]
    snapshots += [snapshot(by, hours_old=99, made_by=by) for by in MadeBy if by is not MadeBy.SCHEDULE]
    assert [gone.name for gone in decide_retention(snapshots, POLICY, START)] == ["s3", "s4"]


def test_retention_by_age_keeps_the_newest_good_one() -> None:
    """However old: a schedule that stopped must not take the last backup with it."""
    old = SnapshotSettings(retention_seconds=3600)
    snapshots = [
        snapshot("failed", ready=False),
        snapshot("a", hours_old=50),
        snapshot("b", hours_old=60),
    ]
    assert [gone.name for gone in decide_retention(snapshots, old, START)] == ["b", "failed"]


def test_a_snapshot_that_a_restore_reads_stays() -> None:
    """It is the source of the data."""
    snapshots = [snapshot(f"s{age}", hours_old=age) for age in (1, 2, 3, 4)]
    assert [gone.name for gone in decide_retention(snapshots, POLICY, START, {"s4"})] == ["s3"]


@pytest.mark.parametrize(
    ("view", "goes"),
    [
        (snapshot(ready=False, error="disk full"), True),
        (snapshot(ready=False, error="disk full", hours_old=0.01), False),
        (snapshot(ready=False), True),
        (snapshot(ready=False, cut=True), False),
        (snapshot(ready=False, cut=True, hours_old=30), True),
        (snapshot(ready=False, deleting=True), False),
        (snapshot(ready=False, made_by=MadeBy.HAND), False),
    ],
)
def test_what_came_to_nothing_goes_after_a_while(view: object, goes: bool) -> None:
    """Failed ones, and those that a killed run left; an upload that goes on has a day."""
    assert isinstance(view, type(snapshot()))
    assert bool(decide_retention([view], POLICY, START)) is goes


def test_snapshots_are_named_by_cluster_and_time() -> None:
    """As the contract says."""
    assert snapshot_name("db", START) == "db-20260101-120000"


def test_quantities_and_ages_are_read() -> None:
    """As Kubernetes and the values write them."""
    assert [size_bytes(text) for text in ("10Gi", "1500M", "7", "1.5Ti")] == [
        10 * 2**30,
        1500e6,
        7,
        1.5 * 2**40,
    ]
    assert [parse_age(text) for text in ("90m", "36h", "7d", "4w")] == [5400, 129_600, 604_800, 2_419_200]
    with pytest.raises(ValueError, match="quantity"):
        size_bytes("much")
    with pytest.raises(ValueError, match="age"):
        parse_age("1y")


def test_nothing_is_deleted_twice() -> None:
    """A snapshot that is going already stays out of the plan."""
    snapshots = [snapshot(f"s{age}", hours_old=age) for age in (1, 2)]
    gone = replace(snapshot("s3", hours_old=3), is_deleting=True)
    assert decide_retention([*snapshots, gone], POLICY, START) == ()
