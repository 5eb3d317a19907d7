"""A restore in place: how far it is, what was seen for it, and what can be done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from innodb_cluster.model.pods import PodView
from innodb_cluster.model.snapshots import ClaimView, SnapshotRequest, SnapshotView


class RestorePhase(StrEnum):
    """How far a restore is; written into the record before what it names is done."""

    NONE = ""
    SAFETY = "safety"
    """A snapshot of what is there now is being taken; everything runs."""
    REPLACE = "replace"
    """Servers are stopped and their volumes replaced. Agents start no group and join none."""
    START = "start"
    """The volumes are the new ones; the group is made from the restored one."""


@dataclass(frozen=True, slots=True)
class RestoreView:
    """What the converge Job sees of a restore that is asked for or under way."""

    snapshot: SnapshotView | None
    """The one that the values name."""
    safety: SnapshotView | None
    claims: tuple[ClaimView, ...]
    """Claims of the pods that count, where there are any."""
    pods: tuple[PodView, ...]
    inherited_safety: str = ""
    """Name of the safety snapshot that an earlier run of the Job had asked for."""


@dataclass(frozen=True, slots=True)
class BeginRestore:
    """Write down that a restore begins, with the name that its safety snapshot is to have."""

    key: str


@dataclass(frozen=True, slots=True)
class TakeSafety:
    """Ask for the safety snapshot."""

    request: SnapshotRequest


@dataclass(frozen=True, slots=True)
class DropSafety:
    """Delete this very safety snapshot, which came to nothing: it would keep its claim from going."""

    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class BeginReplacement:
    """Write down which claims go. From here on agents neither start nor join a group."""

    key: str
    claims: tuple[str, ...]
    """Their uids."""


@dataclass(frozen=True, slots=True)
class DropClaim:
    """Delete this very claim; with ``hold`` its name stays taken until ``RemakeClaim``."""

    claim: str
    uid: str
    hold: bool


@dataclass(frozen=True, slots=True)
class StopPod:
    """Delete this very pod: its data is given up, so mysqld is not waited for."""

    pod: str
    uid: str


@dataclass(frozen=True, slots=True)
class RemakeClaim:
    """Let the held claim go and make one of its name from the snapshot, before anybody makes an empty one."""

    claim: str
    snapshot: str
    is_held: bool


@dataclass(frozen=True, slots=True)
class WakeController:
    """Have the StatefulSet's controller look again: after claims that were in its way it waits for up to minutes."""


@dataclass(frozen=True, slots=True)
class BeginStart:
    """Write down that the volumes are the new ones, and the name of the group that comes."""


@dataclass(frozen=True, slots=True)
class ForgetReplication:
    """Drop what the restored server knows of groups, channels and logs of its earlier life."""

    pod: str


@dataclass(frozen=True, slots=True)
class FinishRestore:
    """Write down which restore was done last; empty: the values ask for none."""

    key: str


RestoreAction: TypeAlias = (
    BeginRestore
    | TakeSafety
    | DropSafety
    | BeginReplacement
    | DropClaim
    | StopPod
    | RemakeClaim
    | WakeController
    | BeginStart
    | ForgetReplication
    | FinishRestore
)
