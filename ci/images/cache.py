"""Results that are kept between builds, each in a folder named by the hash of what it was made from.

A result appears under its name by one rename, complete; builds of several checkouts at once wait for each other
instead of making the same thing twice.
"""

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KEY_LENGTH = 16


def cache_root() -> Path:
    """The folder of the user's cache that belongs to this project."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mysql-innodb-cluster"


def images_cache() -> Path:
    """Where layers, archives and apt's state are kept."""
    return cache_root() / "images"


def key_of(*inputs: object) -> str:
    """The hash of inputs that JSON can hold; equal inputs give equal keys."""
    text = json.dumps(inputs, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def digest_of_files(paths: list[Path]) -> str:
    """The hash of the names and contents of files, in the order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path` against other builds on this machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def keep(folder: Path, make: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `make` in a temporary folder beside it unless it is there already.

    Its time of change becomes the time of this use, which is what prune() goes by. Whatever `make` raises passes through, and nothing appears under the name.
    """
    if folder.is_dir():
        os.utime(folder)
        return folder
    with locked(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():
            return folder
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".draft", dir=folder.parent))
        try:
            draft.chmod(0o755)
            make(draft)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def prune(folder: Path, pattern: str, keep_newest: int) -> None:
    """Remove all but the newest entries of `folder` that match `pattern`, by time of change."""
    entries = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[keep_newest:]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
