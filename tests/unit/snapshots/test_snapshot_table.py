"""The table of snapshots."""

from datetime import timedelta

import pytest

from innodb_cluster.decide.snapshot_table import age_text, snapshot_table
from innodb_cluster.model.snapshots import MadeBy, SnapshotOrigin
from tests.unit.kubernetes.fake_clock import START
from tests.unit.snapshots.builders import snapshot


def test_the_table_shows_the_newest_first_and_errors_below() -> None:
    """One line each."""
    table = snapshot_table(
        (
            snapshot("old", hours_old=50, origin=SnapshotOrigin(gtid_set="a:1-5")),
            snapshot("new", made_by=MadeBy.HAND, ready=False, error="disk full", size=""),
        ),
        START,
    )
    assert table.splitlines() == [
        "NAME  AGE  SERVER  SIZE    READY   MADE BY   GTID",
        "new   60m  db-1    -       failed  hand      -",
        "old   2d   db-1    10.0Gi  yes     schedule  a:1-5",
        "",
        "new: disk full",
    ]


def test_no_snapshots_are_said() -> None:
    """Instead of a heading alone."""
    assert snapshot_table((), START) == "There are no snapshots of this cluster."


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0s"), (119, "119s"), (7100, "118m"), (90_000, "25h")])
def test_ages_are_short(seconds: int, text: str) -> None:
    """As kubectl writes them."""
    assert age_text(timedelta(seconds=seconds)) == text
