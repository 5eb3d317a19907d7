"""Files: read what is mounted, write what a container of the same pod reads."""

import hashlib
import os
from pathlib import Path

from innodb_cluster.model.errors import ConfigurationError, TemporaryError

PRIVATE_MODE = 0o600


def read_required(path: Path) -> str:
    """Read a mounted file.

    Raises:
        TemporaryError: it is not there; a Secret may still be on its way.
        ConfigurationError: it is empty.

    """
    text = read_optional(path)
    if text is None:
        raise TemporaryError(f"{path} is missing", "the prepare hook makes the Secret behind it")
    if not text:
        raise ConfigurationError(f"{path} is empty", "look at the Secret behind it")
    return text


def read_optional(path: Path) -> str | None:
    """Read a file, None when there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def fingerprint(*paths: Path) -> str:
    """Give a text that is another one when any of these files is; empty while one cannot be read."""
    digest = hashlib.sha256()
    try:
        for path in paths:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return ""
    return digest.hexdigest()


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, readable by this user alone from its first moment."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
