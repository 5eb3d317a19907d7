"""Distributions of figures, their table and their file."""

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from tests.e2e.kit.shell import CHART

RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Distribution:
    """Every run's figure of one thing, with its unit and, where one was set, what it must reach."""

    name: str
    unit: str
    figures: tuple[float, ...]
    must_reach: float | None = None

    def quantile(self, share: float) -> float:
        """Give the smallest figure that this share of the runs does not exceed."""
        ordered = sorted(self.figures)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    @property
    def row(self) -> tuple[str, ...]:
        """Give the table's row."""
        figures = [min(self.figures), *(self.quantile(share) for share in (0.5, 0.99)), max(self.figures)]
        bound = "" if self.must_reach is None else f"≤ {self.must_reach:g}"
        met = "" if self.must_reach is None else ("yes" if max(self.figures) <= self.must_reach else "NO")
        return (
            self.name,
            self.unit,
            str(len(self.figures)),
            *(f"{figure:.2f}" for figure in figures),
            bound,
            met,
        )


HEAD = ("what", "unit", "runs", "min", "p50", "p99", "max", "must reach", "met")


def _machine() -> dict[str, object]:
    """Describe what the figures belong to, and what else ran on it during the last minutes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory": f"{memory / 2**30:.0f} GiB",
        "kernel": platform.release(),
        "load average over 15 minutes": round(os.getloadavg()[2], 1),
        "MySQL": yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"],
    }


def report(name: str, distributions: Sequence[Distribution]) -> Path:
    """Print the table and write the file; gives its path."""
    rows = [HEAD, *(distribution.row for distribution in distributions)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    document = {
        "name": name,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "figures": {
            distribution.name: {
                "unit": distribution.unit,
                "runs": distribution.figures,
                "must_reach": distribution.must_reach,
            }
            for distribution in distributions
        },
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    return path
