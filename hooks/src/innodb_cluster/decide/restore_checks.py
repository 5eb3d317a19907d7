"""What keeps a snapshot from being restored, found before anything is stopped: every problem is one sentence."""

import re

from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import ClaimView, SnapshotView, size_bytes

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def restore_problems(
    settings: Settings, record: Record | None, snapshot: SnapshotView | None, claim: ClaimView | None
) -> tuple[str, ...]:
    """Find what is wrong with ``restore.snapshotName``; ``claim`` is that of the first server, if there is one."""
    name = settings.restore.snapshot_name
    if snapshot is None:
        where = settings.names.namespace
        gone = f"restore.snapshotName is {name}: there is no such VolumeSnapshot in namespace {where}"
        if record is not None and record.restore_phase == RestorePhase.REPLACE and record.restore_safety:
            gone += f"; what there was before the restore began is in {record.restore_safety}"
        return (gone,)
    if snapshot.is_deleting:
        return (f"VolumeSnapshot {name} is being deleted",)
    if not snapshot.is_ready:
        return (f"VolumeSnapshot {name} is not ready to use{': ' if snapshot.error else ''}{snapshot.error}",)
    found = (
        _other_cluster(settings, record, snapshot),
        _newer_version(settings, snapshot),
        _too_large(settings, snapshot),
        _other_driver(snapshot, claim),
    )
    return tuple(problem for problem in found if problem)


def _other_cluster(settings: Settings, record: Record | None, snapshot: SnapshotView) -> str:
    """In place, only the cluster's own data is put back unasked; a new release may begin from any."""
    is_new = record is None or not (record.is_bootstrapped or record.restore_claims)
    if is_new or record is None or settings.restore.allow_other_cluster:
        return ""
    origin = snapshot.origin
    is_own = (
        origin.cluster_id == record.cluster_id
        if origin.cluster_id
        else snapshot.claim in settings.names.claims
    )
    if is_own:
        return ""
    whose = origin.cluster or (f"claim {snapshot.claim}" if snapshot.claim else "an unknown volume")
    return (
        f"VolumeSnapshot {snapshot.name} is of {whose}, not of this cluster: "
        "restore.allowOtherCluster=true restores it nevertheless"
    )


def _newer_version(settings: Settings, snapshot: SnapshotView) -> str:
    theirs, ours = _version(snapshot.origin.server_version), _version(settings.server_version)
    if theirs is None or ours is None or theirs <= ours:
        return ""
    return (
        f"VolumeSnapshot {snapshot.name} was taken of MySQL {snapshot.origin.server_version}, "
        f"and the servers run {settings.server_version}: data does not go back to an older version"
    )


def _too_large(settings: Settings, snapshot: SnapshotView) -> str:
    wanted = settings.data_claim.size
    try:
        if not snapshot.size or size_bytes(snapshot.size) <= size_bytes(wanted):
            return ""
    except ValueError:
        return ""
    return (
        f"VolumeSnapshot {snapshot.name} needs a volume of {snapshot.size}, and "
        f"datadirVolumeClaimTemplate.resources.requests.storage is {wanted}"
    )


def _other_driver(snapshot: SnapshotView, claim: ClaimView | None) -> str:
    theirs, ours = snapshot.origin.driver, claim.driver if claim else ""
    if not theirs or not ours or theirs == ours:
        return ""
    return (
        f"VolumeSnapshot {snapshot.name} is of driver {theirs}, and the servers' storage class has {ours}: "
        "it cannot make a volume from it"
    )


def _version(text: str) -> tuple[int, ...] | None:
    match = _VERSION.match(text)
    return tuple(int(part or 0) for part in match.groups()) if match else None
