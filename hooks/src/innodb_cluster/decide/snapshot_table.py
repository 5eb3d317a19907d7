"""Prints a cluster's snapshots for people."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from innodb_cluster.model.snapshots import SnapshotView, size_bytes

_COLUMNS = ("NAME", "AGE", "SERVER", "SIZE", "READY", "MADE BY", "GTID")
GIBIBYTE = 2**30


def snapshot_table(snapshots: Iterable[SnapshotView], now: datetime) -> str:
    """Give the table, newest first; a line for each error follows."""
    newest_first = sorted(snapshots, key=lambda snapshot: (snapshot.created, snapshot.name), reverse=True)
    if not newest_first:
        return "There are no snapshots of this cluster."
    rows = [_COLUMNS, *(_row(snapshot, now) for snapshot in newest_first)]
    errors = [f"{snapshot.name}: {snapshot.error}" for snapshot in newest_first if snapshot.error]
    return "\n".join([*_align(rows), *(["", *errors] if errors else [])])


def _row(snapshot: SnapshotView, now: datetime) -> tuple[str, ...]:
    ready = "yes" if snapshot.is_ready else "failed" if snapshot.error else "not yet"
    return (
        snapshot.name,
        age_text(now - snapshot.created),
        snapshot.claim.removeprefix("data-") or "-",
        _size(snapshot.size),
        "going" if snapshot.is_deleting else ready,
        snapshot.made_by,
        snapshot.origin.gtid_set or "-",
    )


def age_text(age: timedelta) -> str:
    """Write an age as kubectl does: the two largest units at most."""
    seconds = max(int(age.total_seconds()), 0)
    if seconds < 120:
        return f"{seconds}s"
    if seconds < 7200:
        return f"{seconds // 60}m"
    if seconds < 172_800:
        return f"{seconds // 3600}h"
    return f"{seconds // 86_400}d"


def _size(quantity: str) -> str:
    try:
        return f"{size_bytes(quantity) / GIBIBYTE:.1f}Gi"
    except ValueError:
        return quantity or "-"


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
