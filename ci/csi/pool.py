"""The pool: one sparse file with a btrfs in it, mounted through a loop device. All volumes of all nodes lie in it.

A pool folder holds `pool.img` (the file), `data/` (where it is mounted) and `lock`. Inside the file system are
`volumes/` and `snapshots/` with one subvolume each, and `records/` (see records.py).

`Pool.ensure` makes what is missing and may be repeated after any interruption: the file gets its name only when
its file system is complete; `mount` attaches the loop device itself, and the kernel detaches it with the last
mount, so that no half state with a stray loop device exists. `Pool.destroy` ends every mount of the pool, also
those that dead nodes left. A process that has made itself a mount namespace while the pool was mounted keeps
a copy of the mount without knowing it; with the end of such a process the kernel frees the device and the space.

Mount options, for a pool that holds test data:

* `nobarrier`: fsync does not wait for the disk below the loop file (measured: 0.4 ms instead of 4.1 ms). What a
  killed pod, process or node leaves is unaffected, because it is in the page cache of the same machine; only
  a crash of the machine itself can lose or break the pool. Then delete it.
* `noatime`: reading writes nothing. `discard=async`: space that was freed goes back to the disk, the file stays
  sparse. Copy on write and checksums stay on, since snapshots rest on them.

From the shell: `python -m ci.csi.pool create|destroy DIRECTORY [--size 60GiB]`.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ci.csi import commands
from ci.csi.errors import CommandError, FailedPreconditionError, PoolError
from ci.csi.model import GIB, MIB, parse_size
from ci.csi.mounts import Mount, mount_at, mounts_of, read_mounts
from ci.csi.records import FileLock

DEFAULT_SIZE_BYTES = 60 * GIB
MINIMUM_SIZE_BYTES = 256 * MIB
MOUNT_OPTIONS = ("noatime", "nobarrier", "discard=async")
DETACH_DEADLINE_SECONDS = 5.0
DETACH_POLL_SECONDS = 0.1

_FOLDERS = ("volumes", "snapshots", "records/volumes", "records/snapshots")
# Levels of a tree that may be dropped with exact accounting. At the kernel's default (3) the deletion of a big
# snapshot switches accounting off, and with it every limit, until a rescan.
_DROP_SUBTREE_LEVELS = 8


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool in one folder. Everything it says is read from the system at that moment."""

    directory: Path

    @property
    def image(self) -> Path:
        """The sparse file."""
        return self.directory / "pool.img"

    @property
    def mount_point(self) -> Path:
        """Where the file system is mounted."""
        return self.directory / "data"

    @property
    def volumes(self) -> Path:
        """One subvolume for each volume."""
        return self.mount_point / "volumes"

    @property
    def snapshots(self) -> Path:
        """One read-only subvolume for each snapshot."""
        return self.mount_point / "snapshots"

    @property
    def volume_records(self) -> Path:
        """One JSON file for each volume."""
        return self.mount_point / "records" / "volumes"

    @property
    def snapshot_records(self) -> Path:
        """One JSON file for each snapshot."""
        return self.mount_point / "records" / "snapshots"

    @property
    def lock(self) -> FileLock:
        """Held while the pool's content is changed, by whatever process."""
        return FileLock(self.directory / "lock")

    def mount(self) -> Mount | None:
        """The pool's own mount, or None while it is not mounted."""
        found = mount_at(read_mounts(), self.mount_point)
        return found if found and found.root == PurePosixPath("/") else None

    def mounted(self) -> Mount:
        """The pool's own mount. Raises FailedPreconditionError while it is not mounted."""
        found = self.mount()
        if found is None:
            raise FailedPreconditionError(f"the pool is not mounted at {self.mount_point}")
        return found

    def uses_of(self, path: Path) -> tuple[Mount, ...]:
        """The mounts that show this folder of the pool, or a part of it, somewhere else."""
        root = PurePosixPath("/") / path.relative_to(self.mount_point)
        return mounts_of(read_mounts(), self.mounted().device, root)

    def kernel_folder(self) -> Path:
        """Where the kernel shows quota groups and settings of this file system."""
        return Path("/sys/fs/btrfs") / commands.filesystem_uuid(self.image)

    def ensure(self, size_bytes: int = DEFAULT_SIZE_BYTES) -> None:
        """Make the pool, or what is missing of it, and mount it. An existing file keeps its size.

        Raises PoolError when that cannot be.
        """
        if size_bytes < MINIMUM_SIZE_BYTES:
            raise PoolError(f"a pool needs at least {MINIMUM_SIZE_BYTES} bytes, not {size_bytes}")
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            with self.lock.held():
                self._ensure_image(size_bytes)
                self._ensure_mounted()
                self._ensure_content()
        except (CommandError, OSError) as error:
            raise PoolError(f"the pool in {self.directory} cannot be made: {error}") from error

    def destroy(self) -> frozenset[str]:
        """End all mounts of the pool and delete it. Nothing happens when there is none.

        Returns the loop devices that something still uses: processes that have files open, or another mount
        namespace. The kernel detaches them when that ends. Raises PoolError when a mount cannot be ended.
        """
        if not self.directory.exists():
            return frozenset()
        try:
            self._unmount_all()
            remaining = self._wait_until_detached()
            for leftover in (self.image, self._unfinished_image, self.directory / "lock"):
                leftover.unlink(missing_ok=True)
            if self.mount_point.exists():
                self.mount_point.rmdir()
        except (CommandError, OSError) as error:
            raise PoolError(f"the pool in {self.directory} cannot be removed: {error}") from error
        return remaining

    @property
    def _unfinished_image(self) -> Path:
        return self.directory / "pool.img.unfinished"

    def _ensure_image(self, size_bytes: int) -> None:
        if self.image.exists():
            return
        if self.mount() is not None:
            raise PoolError(f"{self.image} was deleted while in use; run destroy first")
        with self._unfinished_image.open("wb") as file:
            file.truncate(size_bytes)
        commands.make_filesystem(self._unfinished_image)
        self._unfinished_image.rename(self.image)

    def _ensure_mounted(self) -> None:
        self.mount_point.mkdir(exist_ok=True)
        if self.mount() is None:
            commands.mount_image(self.image, self.mount_point, MOUNT_OPTIONS)

    def _ensure_content(self) -> None:
        quotas = self.kernel_folder() / "qgroups"
        if not quotas.exists():
            commands.enable_quotas(self.mount_point)
        threshold = quotas / "drop_subtree_threshold"
        if threshold.exists():
            threshold.write_text(str(_DROP_SUBTREE_LEVELS))
        # After a deletion that was too large to be accounted for, no limit holds until all is counted anew.
        inconsistent = quotas / "inconsistent"
        if inconsistent.exists() and inconsistent.read_text().strip() == "1":
            commands.rescan_quotas(self.mount_point)
        for folder in _FOLDERS:
            (self.mount_point / folder).mkdir(parents=True, exist_ok=True)

    def _loop_devices(self) -> frozenset[str]:
        """The loop devices behind which this pool's file is, also after it was deleted."""
        files = {str(self.image), f"{self.image} (deleted)"}
        found = set()
        for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
            try:
                if backing.read_text().strip() in files:
                    found.add(f"/dev/{backing.parts[3]}")
            except OSError:  # detached in the meantime
                continue
        return frozenset(found)

    def _unmount_all(self) -> None:
        devices = self._loop_devices()
        for mount in reversed(read_mounts()):
            if mount.source in devices:
                try:
                    commands.unmount(mount.target)
                except CommandError:
                    # A process has a file open there. Whether that goes on is seen by the loop device.
                    commands.unmount(mount.target, lazy=True)

    def _wait_until_detached(self) -> frozenset[str]:
        """The loop devices that are still in use at the deadline."""
        deadline = time.monotonic() + DETACH_DEADLINE_SECONDS
        while (devices := self._loop_devices()) and time.monotonic() < deadline:
            time.sleep(DETACH_POLL_SECONDS)
        return devices


def main(arguments: Sequence[str] | None = None) -> None:
    """Make or remove a pool from the shell."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.csi.pool", description="the pool of the local CSI driver"
    )
    parser.add_argument("action", choices=("create", "destroy"))
    parser.add_argument("directory", type=Path)
    parser.add_argument(
        "--size", type=parse_size, default=DEFAULT_SIZE_BYTES, metavar="SIZE", help="as in 60GiB"
    )
    chosen = parser.parse_args(arguments)
    pool = Pool(chosen.directory.resolve())
    try:
        if chosen.action == "create":
            pool.ensure(chosen.size)
            print(pool.mount_point)
        else:
            for device in sorted(pool.destroy()):
                print(f"{device} is still used by other processes; it goes when they end", file=sys.stderr)
    except PoolError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
