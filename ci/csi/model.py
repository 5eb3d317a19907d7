"""Volumes and snapshots as values: names, sizes, and the JSON form in which the pool remembers them.

Pure: no file, clock or program is touched here.
"""

import hashlib
import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from ci.csi.errors import OutOfRangeError

MIB = 1024**2
GIB = 1024**3

DRIVER_NAME = "btrfs.csi.local"
DEFAULT_CAPACITY_BYTES = GIB
# Below this a quota group has no room for the metadata that a single new file reserves.
MINIMUM_CAPACITY_BYTES = 16 * MIB

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
_HASHED_PREFIX = "sha256-"
_SIZE = re.compile(r"(\d+)(|[KMGT]iB)")
_SIZE_UNITS = {"": 1, "KiB": 1024, "MiB": MIB, "GiB": GIB, "TiB": 1024**4}


class SourceKind(StrEnum):
    """What a volume can be filled from."""

    VOLUME = "volume"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the first content of a volume came from."""

    kind: SourceKind
    id: str


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume that exists: its subvolume is complete and limited to `capacity_bytes`."""

    id: str
    name: str
    capacity_bytes: int
    source: Source | None = None

    def to_document(self) -> dict[str, Any]:
        """The form in which the pool keeps it."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """What `to_document` made."""
        source = document["source"]
        return cls(
            id=document["id"],
            name=document["name"],
            capacity_bytes=document["capacity_bytes"],
            source=Source(SourceKind(source["kind"]), source["id"]) if source else None,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A read-only image of one volume; every write that was synced (fsync) before `created_at_ns` is in it."""

    id: str
    name: str
    source_volume_id: str
    size_bytes: int
    created_at_ns: int

    def to_document(self) -> dict[str, Any]:
        """The form in which the pool keeps it."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """What `to_document` made."""
        return cls(**document)


@dataclass(frozen=True, slots=True)
class CapacityRange:
    """The sizes that the caller accepts; 0 means no bound, as in the protocol."""

    required_bytes: int = 0
    limit_bytes: int = 0

    def admits(self, capacity_bytes: int) -> bool:
        """Whether a volume of this size is what was asked for."""
        below = self.limit_bytes == 0 or capacity_bytes <= self.limit_bytes
        return capacity_bytes >= self.required_bytes and below

    def choose(self, *, at_least_bytes: int, at_most_bytes: int, otherwise_bytes: int) -> int:
        """The size to make: what is required, or `otherwise_bytes` where nothing is, within the two bounds.

        Raises OutOfRangeError when the bounds leave no size.
        """
        if self.required_bytes < 0 or self.limit_bytes < 0:
            raise OutOfRangeError("a size is negative")
        wanted = self.required_bytes
        if wanted == 0:
            wanted = min(otherwise_bytes, self.limit_bytes) if self.limit_bytes else otherwise_bytes
        wanted = max(wanted, at_least_bytes)
        if not self.admits(wanted):
            raise OutOfRangeError(
                f"no size is at least {wanted} bytes and at most {self.limit_bytes} bytes",
            )
        if wanted > at_most_bytes:
            raise OutOfRangeError(f"{wanted} bytes are more than the pool has in all ({at_most_bytes} bytes)")
        return wanted


def identifier_of(name: str) -> str:
    """The identifier of the volume or snapshot of this name.

    It follows from the name alone, so that a repeated request finds what an interrupted one left. A name that is
    no safe file name is hashed.
    """
    if is_identifier(name) and not name.startswith(_HASHED_PREFIX):
        return name
    return _HASHED_PREFIX + hashlib.sha256(name.encode()).hexdigest()


def is_identifier(text: str) -> bool:
    """Whether this can be an identifier, which is also a file name."""
    return _IDENTIFIER.fullmatch(text) is not None


def parse_size(text: str) -> int:
    """Bytes of a size such as `60GiB`, `512MiB` or `1048576`. Raises ValueError for anything else."""
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size such as 60GiB")
    return int(match[1]) * _SIZE_UNITS[match[2]]
