"""What the values say of snapshots and restores, as parts of the settings document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_AGE = re.compile(r"(\d+)([mhdw])")
_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """How snapshots are made and kept."""

    class_name: str = ""
    quiesce: bool = False
    retention_count: int | None = None
    """How many good scheduled snapshots are kept; None: any number."""
    retention_seconds: int | None = None
    """How old a scheduled snapshot may become; None: any age."""
    timeout_seconds: int = 600
    """How long a run waits until its snapshot is ready to use."""


@dataclass(frozen=True, slots=True)
class RestoreSettings:
    """What to restore."""

    snapshot_name: str = ""
    generation: int = 0
    safety_snapshot: bool = True
    allow_other_cluster: bool = False

    @property
    def key(self) -> str:
        """Give what makes one restore another than the last; empty when none is asked for."""
        return f"{self.snapshot_name}#{self.generation}" if self.snapshot_name else ""


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """How a server's claim is made, as the StatefulSet's template says it."""

    storage_class: str | None = None
    """None: the default class; empty: no class."""
    access_modes: tuple[str, ...] = ("ReadWriteOnce",)
    size: str = "10Gi"
    labels: Mapping[str, str] = field(default_factory=dict)


def parse_snapshots(document: Mapping[str, Any]) -> SnapshotSettings:
    """Read ``snapshots`` of the settings document; raises what a wrong document raises."""
    retention = document.get("retention") or {}
    count, age = retention.get("count"), retention.get("maxAge")
    return SnapshotSettings(
        class_name=document.get("className", ""),
        quiesce=bool(document.get("quiesce", False)),
        retention_count=int(count) if count else None,
        retention_seconds=parse_age(age) if age else None,
        timeout_seconds=int(document.get("timeoutSeconds", 600)),
    )


def parse_restore(document: Mapping[str, Any]) -> RestoreSettings:
    """Read ``restore`` of the settings document."""
    return RestoreSettings(
        snapshot_name=document.get("snapshotName", ""),
        generation=int(document.get("generation", 0)),
        safety_snapshot=bool(document.get("safetySnapshot", True)),
        allow_other_cluster=bool(document.get("allowOtherCluster", False)),
    )


def parse_claim(document: Mapping[str, Any]) -> ClaimSettings:
    """Read ``dataClaim`` of the settings document."""
    return ClaimSettings(
        storage_class=document.get("storageClassName"),
        access_modes=tuple(document.get("accessModes", ("ReadWriteOnce",))),
        size=document.get("size", "10Gi"),
        labels=dict(document.get("labels", {})),
    )


def parse_age(text: str) -> int:
    """Read ``90m``, ``36h``, ``7d`` or ``4w`` as seconds; ValueError for anything else."""
    match = _AGE.fullmatch(text)
    if match is None:
        message = f"not an age: {text!r}"
        raise ValueError(message)
    return int(match[1]) * _UNIT_SECONDS[match[2]]
