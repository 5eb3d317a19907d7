"""GTID sets as sets.

MySQL prints them as ``uuid:1-5:7,uuid:tag:1-3`` (MySQL manual, GTID Format and
Storage; tags since 8.3). Members are compared as sets: a larger count can still lack
a transaction that a smaller set has.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Source: TypeAlias = tuple[str, str]
"""Server or group UUID, and tag (empty without one)."""
Intervals: TypeAlias = tuple[tuple[int, int], ...]
"""Sorted, disjoint, non-adjacent; both ends included."""

_INTERVAL = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class GtidSet:
    """An immutable set of global transaction identifiers."""

    intervals: Mapping[Source, Intervals] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether it holds any transaction."""
        return bool(self.intervals)

    def __str__(self) -> str:
        """Print it the way MySQL does."""
        return ",".join(
            ":".join([uuid, *([tag] if tag else []), *(_print(start, end) for start, end in runs)])
            for (uuid, tag), runs in sorted(self.intervals.items())
        )

    def __hash__(self) -> int:
        """Hash by content."""
        return hash(tuple(sorted(self.intervals.items())))

    def __or__(self, other: "GtidSet") -> "GtidSet":
        """Give the transactions that are in either set."""
        sources = self.intervals.keys() | other.intervals.keys()
        return GtidSet(
            {s: _merge([*self.intervals.get(s, ()), *other.intervals.get(s, ())]) for s in sources}
        )

    def __sub__(self, other: "GtidSet") -> "GtidSet":
        """Give the transactions that are here and not in the other set."""
        left = {s: _subtract(runs, other.intervals.get(s, ())) for s, runs in self.intervals.items()}
        return GtidSet({source: runs for source, runs in left.items() if runs})

    @property
    def count(self) -> int:
        """How many transactions it holds."""
        return sum(end - start + 1 for runs in self.intervals.values() for start, end in runs)

    def contains(self, other: "GtidSet") -> bool:
        """Whether every transaction of the other set is here."""
        return not other - self


def parse_gtid_set(text: str) -> GtidSet:
    """Read a GTID set as MySQL prints it; raises ValueError for anything else."""
    collected: dict[Source, list[tuple[int, int]]] = {}
    for part in filter(None, (piece.strip() for piece in text.replace("\n", "").split(","))):
        uuid, *tokens = part.lower().split(":")
        tag = ""
        for token in tokens:
            if match := _INTERVAL.fullmatch(token):
                start = int(match[1])
                collected.setdefault((uuid, tag), []).append((start, int(match[2] or start)))
            else:
                tag = token
        if (uuid, tag) not in collected:
            message = f"not a GTID set: {text!r}"
            raise ValueError(message)
    return GtidSet({source: _merge(runs) for source, runs in collected.items()})


def _print(start: int, end: int) -> str:
    return str(start) if start == end else f"{start}-{end}"


def _merge(runs: Iterable[tuple[int, int]]) -> Intervals:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(runs):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _subtract(runs: Intervals, holes: Intervals) -> Intervals:
    left = list(runs)
    for hole_start, hole_end in holes:
        pieces: list[tuple[int, int]] = []
        for start, end in left:
            if hole_end < start or end < hole_start:
                pieces.append((start, end))
                continue
            if start < hole_start:
                pieces.append((start, hole_start - 1))
            if hole_end < end:
                pieces.append((hole_end + 1, end))
        left = pieces
    return tuple(left)
