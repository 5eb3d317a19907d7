"""Mounts below a folder, from /proc/self/mountinfo."""

import re
import subprocess
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")


def mount_points(text: str) -> list[Path]:
    """Where something is mounted, in the order of mounting, from the text of a mountinfo file."""
    return [Path(_unescape(line.split(" ")[4])) for line in text.splitlines() if line]


def _unescape(field: str) -> str:
    """Mountinfo writes space, tab, newline and backslash as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)


def below(folder: Path) -> list[Path]:
    """Mount points at or below the folder; unmounting in this order works."""
    found = mount_points(MOUNTINFO.read_text())
    return [path for path in reversed(found) if path == folder or folder in path.parents]


def unmount_below(folder: Path) -> list[Path]:
    """Unmount everything at or below the folder; returns what is still mounted.

    What is busy is detached: it vanishes from the tree now and goes when its last user goes.
    """
    for options in ([], ["--lazy"]):
        for path in below(folder):
            subprocess.run(["umount", *options, str(path)], capture_output=True, check=False)
    return below(folder)
