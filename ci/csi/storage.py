"""What the controller service does to the pool. Each method may be repeated after it was interrupted anywhere.

The order of steps makes that so (see records.py): to create, first what an interrupted call left is removed, then
the subvolume is made and limited, then its record is written; to delete, the record goes first. All of it happens
under the pool's lock, since every node's driver works on the same pool.
"""

import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ci.csi import commands
from ci.csi.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    OutOfRangeError,
    ResourceExhaustedError,
)
from ci.csi.model import (
    DEFAULT_CAPACITY_BYTES,
    MINIMUM_CAPACITY_BYTES,
    CapacityRange,
    Snapshot,
    Source,
    SourceKind,
    Volume,
    identifier_of,
)
from ci.csi.pool import Pool
from ci.csi.records import Records


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a volume is. `available_bytes` is less than the rest where the pool itself is short."""

    capacity_bytes: int
    used_bytes: int
    available_bytes: int


class Storage:
    """Volumes and snapshots of one pool."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._volumes = Records(pool.volume_records, Volume.from_document)
        self._snapshots = Records(pool.snapshot_records, Snapshot.from_document)

    def volume(self, volume_id: str) -> Volume:
        """The volume of this identifier. Raises NotFoundError."""
        self.pool.mounted()
        found = self._volumes.find(volume_id)
        if found is None:
            raise NotFoundError(f"there is no volume {volume_id!r}")
        return found

    def path(self, volume: Volume) -> Path:
        """The volume's folder in the pool."""
        return self.pool.volumes / volume.id

    def create_volume(self, name: str, asked: CapacityRange, source: Source | None) -> Volume:
        """Make the volume of this name, empty or from a source, or return it when it is there.

        Raises AlreadyExistsError, NotFoundError (source), OutOfRangeError, ResourceExhaustedError.
        """
        volume_id = identifier_of(name)
        with self.pool.lock.held():
            self.pool.mounted()
            existing = self._volumes.find(volume_id)
            if existing is not None:
                _require_same_volume(existing, asked, source)
                return existing
            origin, origin_bytes = self._origin(source)
            shared_bytes = 0 if origin is None else origin_bytes
            capacity_bytes = self._choose_capacity(asked, origin_bytes, had_bytes=shared_bytes)
            volume = Volume(volume_id, name, capacity_bytes, source)
            path = self.path(volume)
            self._remove_subvolume(path)
            if origin is None:
                commands.create_subvolume(path)
            else:
                commands.snapshot_subvolume(origin, path, read_only=False)
            commands.limit_subvolume(path, capacity_bytes)
            self._volumes.save(volume)
            return volume

    def delete_volume(self, volume_id: str) -> None:
        """Delete the volume; nothing happens when there is none.

        Raises FailedPreconditionError while it is mounted anywhere.
        """
        with self.pool.lock.held():
            self.pool.mounted()
            record = self._volumes.find(volume_id)
            if record is None:
                return  # what an interrupted deletion left goes with `sweep`, or before the name is used again
            path = self.path(record)
            uses = self.pool.uses_of(path)
            if uses:
                raise FailedPreconditionError(f"volume {volume_id!r} is mounted at {uses[0].target}")
            self._volumes.remove(volume_id)
            self._remove_subvolume(path)

    def expand_volume(self, volume_id: str, asked: CapacityRange) -> Volume:
        """Give the volume at least the asked size; it never shrinks. Takes effect at once, also while in use.

        Raises NotFoundError, OutOfRangeError, ResourceExhaustedError.
        """
        with self.pool.lock.held():
            volume = self.volume(volume_id)
            if asked.required_bytes <= volume.capacity_bytes:
                if not asked.admits(volume.capacity_bytes):
                    raise OutOfRangeError(f"the volume already has {volume.capacity_bytes} bytes")
                return volume
            capacity_bytes = self._choose_capacity(
                asked, volume.capacity_bytes, had_bytes=volume.capacity_bytes
            )
            commands.limit_subvolume(self.path(volume), capacity_bytes)
            expanded = replace(volume, capacity_bytes=capacity_bytes)
            self._volumes.save(expanded)
            return expanded

    def create_snapshot(self, name: str, volume_id: str) -> Snapshot:
        """Take the snapshot of this name, or return it when it is there.

        Raises NotFoundError (volume), AlreadyExistsError (the name is that of another volume's snapshot).
        """
        snapshot_id = identifier_of(name)
        with self.pool.lock.held():
            self.pool.mounted()
            existing = self._snapshots.find(snapshot_id)
            if existing is not None:
                if existing.source_volume_id != volume_id:
                    raise AlreadyExistsError(
                        f"snapshot {name!r} exists, of volume {existing.source_volume_id!r}",
                    )
                return existing
            volume = self.volume(volume_id)
            path = self.pool.snapshots / snapshot_id
            self._remove_subvolume(path)
            created_at_ns = time.time_ns()
            commands.snapshot_subvolume(self.path(volume), path, read_only=True)
            snapshot = Snapshot(snapshot_id, name, volume.id, volume.capacity_bytes, created_at_ns)
            self._snapshots.save(snapshot)
            return snapshot

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete the snapshot; nothing happens when there is none. Volumes made from it stay as they are."""
        with self.pool.lock.held():
            self.pool.mounted()
            record = self._snapshots.find(snapshot_id)
            if record is not None:
                self._snapshots.remove(snapshot_id)
                self._remove_subvolume(self.pool.snapshots / record.id)

    def usage(self, volume: Volume) -> Usage:
        """How full the volume is. Data that the kernel has not written out yet counts too."""
        subvolume_id = commands.subvolume_id(self.path(volume))
        folder = self.pool.kernel_folder() / "qgroups" / f"0_{subvolume_id}"
        used_bytes = sum(int((folder / name).read_text()) for name in ("referenced", "rsv_data"))
        rest_bytes = max(0, volume.capacity_bytes - used_bytes)
        return Usage(volume.capacity_bytes, used_bytes, min(rest_bytes, self._free_bytes()))

    def sweep(self) -> None:
        """Remove what interrupted calls left: subvolumes without a record and half-written records."""
        with self.pool.lock.held():
            self.pool.mounted()
            for folder, records in (
                (self.pool.volumes, self._volumes),
                (self.pool.snapshots, self._snapshots),
            ):
                records.remove_unfinished()
                kept = records.identifiers()
                for path in folder.iterdir():
                    if path.name not in kept and not self.pool.uses_of(path):
                        self._remove_subvolume(path)

    def _origin(self, source: Source | None) -> tuple[Path | None, int]:
        """The subvolume to start from, and the least size of the new volume in bytes."""
        if source is None:
            return None, MINIMUM_CAPACITY_BYTES
        if source.kind is SourceKind.VOLUME:
            volume = self.volume(source.id)
            return self.path(volume), volume.capacity_bytes
        snapshot = self._snapshots.find(source.id)
        if snapshot is None:
            raise NotFoundError(f"there is no snapshot {source.id!r}")
        return self.pool.snapshots / snapshot.id, snapshot.size_bytes

    def _choose_capacity(self, asked: CapacityRange, at_least_bytes: int, had_bytes: int = 0) -> int:
        capacity_bytes = asked.choose(
            at_least_bytes=at_least_bytes,
            at_most_bytes=shutil.disk_usage(self.pool.mount_point).total,
            otherwise_bytes=DEFAULT_CAPACITY_BYTES,
        )
        free_bytes = self._free_bytes()
        if capacity_bytes - had_bytes > free_bytes:
            raise ResourceExhaustedError(
                f"{capacity_bytes - had_bytes} bytes more are asked, the pool has {free_bytes} bytes free",
            )
        return capacity_bytes

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self.pool.mount_point).free

    @staticmethod
    def _remove_subvolume(path: Path) -> None:
        if os.path.lexists(path):
            commands.delete_subvolume(path)


def _require_same_volume(existing: Volume, asked: CapacityRange, source: Source | None) -> None:
    if existing.source != source:
        raise AlreadyExistsError(f"volume {existing.name!r} exists, with another source")
    if not asked.admits(existing.capacity_bytes):
        raise AlreadyExistsError(f"volume {existing.name!r} exists, with {existing.capacity_bytes} bytes")
