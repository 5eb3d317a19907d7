"""VolumeSnapshots as this product looks at them, and what it writes on those that it makes."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MADE_BY_LABEL = "innodb-cluster.mysql/made-by"
RUN_LABEL = "innodb-cluster.mysql/run"
"""Job that asked for it: when its pod is killed, the next one goes on with the same snapshot."""
GTID_ANNOTATION = "innodb-cluster.mysql/gtid-set"
VERSION_ANNOTATION = "innodb-cluster.mysql/server-version"
CLUSTER_ANNOTATION = "innodb-cluster.mysql/cluster"
CLUSTER_ID_ANNOTATION = "innodb-cluster.mysql/cluster-id"
GROUP_ANNOTATION = "innodb-cluster.mysql/group-name"
TOPOLOGY_ANNOTATION = "innodb-cluster.mysql/topology"
POD_ANNOTATION = "innodb-cluster.mysql/server-pod"
DRIVER_ANNOTATION = "innodb-cluster.mysql/driver"

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|[kMGTPE]|[KMGTPE]i)?")
_FACTORS: dict[str, float] = {"m": 1e-3, "k": 1e3} | {
    f"{letter}{binary}": float((1024 if binary else 1000) ** power)
    for power, letter in enumerate("KMGTPE", start=1)
    for binary in ("", "i")
}


class MadeBy(StrEnum):
    """Who asked for a snapshot; retention touches only those of the schedule."""

    SCHEDULE = "schedule"
    HAND = "hand"
    """``innodb-cluster snapshot``."""
    SAFETY = "safety"
    """Before a restore in place."""
    CHART = "chart"
    """``snapshots.declared``."""
    OTHER = "other"
    """Somebody else: kubectl, another tool."""


@dataclass(frozen=True, slots=True)
class SnapshotOrigin:
    """What is known of the moment that a snapshot shows; empty where nobody wrote it down."""

    gtid_set: str = ""
    """The snapshot holds at least these transactions: the set is read before the snapshot is asked for."""
    server_version: str = ""
    cluster: str = ""
    """``<namespace>/<cluster>``."""
    cluster_id: str = ""
    group_name: str = ""
    topology: str = ""
    """Mode and members, such as ``single-primary db-0 db-1 db-2``."""
    pod: str = ""
    driver: str = ""
    """CSI driver of the volume."""


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """One VolumeSnapshot."""

    name: str
    uid: str
    created: datetime
    claim: str
    """Claim that it was taken of, empty for one that was brought in from elsewhere."""
    made_by: MadeBy = MadeBy.OTHER
    run: str = ""
    origin: SnapshotOrigin = SnapshotOrigin()
    is_cut: bool = False
    """Whether its point in time is fixed (``status.creationTime``)."""
    is_ready: bool = False
    error: str = ""
    size: str = ""
    """Least size of a volume made from it, as Kubernetes writes it."""
    is_deleting: bool = False


@dataclass(frozen=True, slots=True)
class SnapshotRequest:
    """A VolumeSnapshot to make."""

    name: str
    claim: str
    class_name: str
    """Empty: the driver's default class."""
    made_by: MadeBy
    origin: SnapshotOrigin
    run: str = ""


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One PersistentVolumeClaim of a server's data."""

    name: str
    uid: str
    snapshot: str = ""
    """VolumeSnapshot that it was made from, empty for an empty volume."""
    size: str = ""
    """What it asks for."""
    driver: str = ""
    """Provisioner of its storage class."""
    storage_class: str = ""
    is_bound: bool = False
    is_deleting: bool = False
    is_held: bool = False
    """Whether a restore keeps it from going away, so that nobody else makes the next one of its name."""
    is_copied: bool = False
    """Whether a VolumeSnapshot of it is under way: the claim can't go until that is ready or deleted."""


def size_bytes(quantity: str) -> float:
    """Read a quantity of Kubernetes (``10Gi``, ``1500M``); ValueError for anything else."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        message = f"not a quantity: {quantity!r}"
        raise ValueError(message)
    return float(match[1]) * _FACTORS.get(match[2] or "", 1)
