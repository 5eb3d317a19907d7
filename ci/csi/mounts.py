"""What is mounted where, from /proc/self/mountinfo (proc_pid_mountinfo(5)).

All nodes of a local cluster live in one mount namespace, so this sees the mounts of every one of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOUNTINFO = Path("/proc/self/mountinfo")
_ESCAPE = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount: the folder `root` of a file system, shown at `target`."""

    device: str  # major:minor of the file system, the same for all its mounts
    root: PurePosixPath
    target: Path
    source: str
    options: frozenset[str]

    @property
    def read_only(self) -> bool:
        """Whether writes through this mount are refused."""
        return "ro" in self.options


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """All mounts, oldest first."""
    return tuple(_parse_line(line) for line in text.splitlines() if line)


def read_mounts() -> tuple[Mount, ...]:
    """All mounts of this mount namespace, oldest first."""
    return parse_mountinfo(MOUNTINFO.read_text())


def mount_at(mounts: Iterable[Mount], target: Path) -> Mount | None:
    """The mount that is seen at a path: the newest where several lie on each other."""
    found = [mount for mount in mounts if mount.target == target]
    return found[-1] if found else None


def mounts_of(mounts: Iterable[Mount], device: str, root: PurePosixPath) -> tuple[Mount, ...]:
    """The mounts that show the folder `root` of a file system or anything below it."""
    return tuple(mount for mount in mounts if mount.device == device and mount.root.is_relative_to(root))


def _parse_line(line: str) -> Mount:
    fields, _, tail = line.partition(" - ")
    _, _, device, root, target, options, *_ = fields.split(" ")
    _, source, *_ = tail.split(" ")
    return Mount(
        device=device,
        root=PurePosixPath(_unescape(root)),
        target=Path(_unescape(target)),
        source=_unescape(source),
        options=frozenset(options.split(",")),
    )


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), text)
