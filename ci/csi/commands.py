"""The programs that do the work: btrfs, mkfs.btrfs, mount and umount.

Commands rather than ioctls: what is done can be repeated in a shell. Each takes a few milliseconds.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ci.csi.errors import CommandError

COMMAND_TIMEOUT_SECONDS = 120


def run(command: Sequence[str]) -> str:
    """Run a program and return what it printed. Raises CommandError when it fails, is missing or hangs."""
    try:
        result = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_SECONDS,
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed (Debian: btrfs-progs, util-linux)") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(command)}: no end after {COMMAND_TIMEOUT_SECONDS} s") from error
    if result.returncode != 0:
        output = (result.stderr or result.stdout).strip()
        raise CommandError(f"{' '.join(command)}: exit status {result.returncode}: {output}")
    return result.stdout


def make_filesystem(image: Path) -> None:
    """Write an empty btrfs into a file. Metadata is kept once: the pool is one device and for tests."""
    run(["mkfs.btrfs", "--quiet", "--force", "--metadata", "single", "--data", "single", str(image)])


def create_subvolume(path: Path) -> None:
    """Make an empty subvolume."""
    run(["btrfs", "subvolume", "create", str(path)])


def snapshot_subvolume(source: Path, target: Path, *, read_only: bool) -> None:
    """Make `target` the image of `source` at this moment: atomic, and nothing is copied."""
    flags = ["-r"] if read_only else []
    run(["btrfs", "subvolume", "snapshot", *flags, str(source), str(target)])


def delete_subvolume(path: Path) -> None:
    """Remove a subvolume. The name is gone at once, the kernel frees the space afterwards."""
    run(["btrfs", "subvolume", "delete", str(path)])


def limit_subvolume(path: Path, limit_bytes: int) -> None:
    """Let the subvolume refer to at most this much data; writes beyond it fail with EDQUOT."""
    run(["btrfs", "qgroup", "limit", str(limit_bytes), str(path)])


def subvolume_id(path: Path) -> int:
    """The number by which the kernel knows the subvolume."""
    return int(run(["btrfs", "inspect-internal", "rootid", str(path)]))


def enable_quotas(mount_point: Path) -> None:
    """Turn on quota groups, the full kind (see ci/csi/__init__.py for why not the simple kind)."""
    run(["btrfs", "quota", "enable", str(mount_point)])


def rescan_quotas(mount_point: Path) -> None:
    """Count anew what each subvolume holds, and wait for it; a count that runs already is waited for."""
    run(["btrfs", "quota", "rescan", "-w", str(mount_point)])


def filesystem_uuid(image: Path) -> str:
    """The UUID under which the kernel shows the file system in /sys/fs/btrfs."""
    return run(["blkid", "--probe", "--match-tag", "UUID", "--output", "value", str(image)]).strip()


def mount_image(image: Path, mount_point: Path, options: Sequence[str]) -> None:
    """Mount a file system image; the loop device goes by itself with the last mount."""
    run(
        ["mount", "--types", "btrfs", "--options", ",".join(["loop", *options]), str(image), str(mount_point)]
    )


def bind_mount(source: Path, target: Path, options: Sequence[str]) -> None:
    """Show `source` at `target`, with flags of that one mount.

    One command, which ends its work also when this process is killed: a retry finds all of it or nothing.
    """
    run(["mount", "--options", ",".join(["bind", *options]), str(source), str(target)])


def unmount(target: Path, *, lazy: bool = False) -> None:
    """Remove the topmost mount at a path; `lazy` also when something still uses it."""
    run(["umount", *(["--lazy"] if lazy else []), str(target)])
