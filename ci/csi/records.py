"""Records of volumes and snapshots: one JSON file each, replaced atomically, inside the pool itself.

A record exists only while what it describes is complete: it is written last and removed first. A subvolume without
a record is the rest of an interrupted call; nobody was told of it.
"""

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from ci.csi.model import is_identifier

_SUFFIX = ".json"
_UNFINISHED_PREFIX = ".unfinished-"  # no identifier starts with a dot


class Recordable(Protocol):
    """What can be kept: it has an identifier and a JSON form."""

    @property
    def id(self) -> str:
        """The identifier, which is also the file's name."""
        ...

    def to_document(self) -> dict[str, Any]:
        """The JSON form."""
        ...


RecordT = TypeVar("RecordT", bound=Recordable)


class Records(Generic[RecordT]):
    """The records of one kind, a folder of JSON files."""

    def __init__(self, directory: Path, from_document: Callable[[dict[str, Any]], RecordT]) -> None:
        self._directory = directory
        self._from_document = from_document

    def find(self, identifier: str) -> RecordT | None:
        """The record of this identifier, or None; None too for a text that can be no identifier."""
        if not is_identifier(identifier):
            return None
        try:
            text = self._path(identifier).read_text()
        except FileNotFoundError:
            return None
        return self._from_document(json.loads(text))

    def save(self, record: RecordT) -> None:
        """Write the record, or replace it; a reader sees the old one or the new one."""
        unfinished = self._directory / f"{_UNFINISHED_PREFIX}{record.id}"
        unfinished.write_text(json.dumps(record.to_document(), indent=1, sort_keys=True) + "\n")
        unfinished.rename(self._path(record.id))

    def remove(self, identifier: str) -> None:
        """Remove the record; nothing happens when there is none."""
        if is_identifier(identifier):
            self._path(identifier).unlink(missing_ok=True)

    def identifiers(self) -> frozenset[str]:
        """The identifiers of all records."""
        return frozenset(path.name.removesuffix(_SUFFIX) for path in self._directory.glob(f"[!.]*{_SUFFIX}"))

    def remove_unfinished(self) -> None:
        """Remove what an interrupted `save` left. The caller holds the pool's lock."""
        for path in self._directory.glob(f"{_UNFINISHED_PREFIX}*"):
            path.unlink(missing_ok=True)

    def _path(self, identifier: str) -> Path:
        return self._directory / f"{identifier}{_SUFFIX}"


class LockedError(Exception):
    """Someone else holds the lock."""


class FileLock:
    """A lock between processes and between threads. The kernel frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self, *, wait: bool = True) -> Iterator[None]:
        """Hold the lock. Raises LockedError when it is taken and `wait` is false."""
        with self._path.open("a") as file:  # a new description each time: threads exclude each other too
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise LockedError(str(self._path)) from error
            yield
