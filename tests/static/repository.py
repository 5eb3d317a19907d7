"""The files of this repository as a commit of the work tree would have them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAX_TEXT_BYTES = 400_000


@cache
def files() -> tuple[Path, ...]:
    """List tracked files and new ones that are not ignored, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted({Path(line) for line in listed.splitlines() if (ROOT / line).is_file()}))


@cache
def text(path: Path) -> str:
    """Give the text of a file; empty for one that is not text or too large to be written by a person."""
    whole = ROOT / path
    if whole.stat().st_size > MAX_TEXT_BYTES:
        return ""
    try:
        return whole.read_text()
    except UnicodeDecodeError:
        return ""


def python_files() -> tuple[Path, ...]:
    """List the Python modules."""
    return tuple(path for path in files() if path.suffix == ".py")
