"""Names, sizes and records of the local CSI driver, as values."""

import pytest

from ci.csi.errors import OutOfRangeError
from ci.csi.model import (
    GIB,
    MIB,
    CapacityRange,
    Snapshot,
    Source,
    SourceKind,
    Volume,
    identifier_of,
    is_identifier,
    parse_size,
)


def choose(asked: CapacityRange) -> int:
    """The size chosen within 16 MiB and 10 GiB, 1 GiB where nothing is asked."""
    return asked.choose(at_least_bytes=16 * MIB, at_most_bytes=10 * GIB, otherwise_bytes=GIB)


def test_the_identifier_is_the_name_where_that_is_a_safe_file_name() -> None:
    """So that the pool can be read by people."""
    assert identifier_of("pvc-0f5b") == "pvc-0f5b"


@pytest.mark.parametrize("name", ["../../etc", ".hidden", "a/b", "", "ü", "x" * 121, "sha256-" + "0" * 64])
def test_any_other_name_is_hashed_into_a_safe_one(name: str) -> None:
    """Also a name that looks like a hash, so that no two names share an identifier."""
    identifier = identifier_of(name)
    assert is_identifier(identifier)
    assert identifier != name
    assert identifier == identifier_of(name)


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (CapacityRange(), GIB),
        (CapacityRange(required_bytes=2 * GIB), 2 * GIB),
        (CapacityRange(required_bytes=1), 16 * MIB),
        (CapacityRange(limit_bytes=512 * MIB), 512 * MIB),
        (CapacityRange(required_bytes=GIB, limit_bytes=GIB), GIB),
        (CapacityRange(required_bytes=10 * GIB), 10 * GIB),
    ],
)
def test_the_size_is_the_least_that_was_asked(asked: CapacityRange, chosen: int) -> None:
    """And the default where nothing was asked."""
    assert choose(asked) == chosen


@pytest.mark.parametrize(
    "asked",
    [
        CapacityRange(required_bytes=2 * GIB, limit_bytes=GIB),
        CapacityRange(limit_bytes=MIB),
        CapacityRange(required_bytes=11 * GIB),
        CapacityRange(required_bytes=-1),
    ],
)
def test_a_range_without_a_possible_size_is_refused(asked: CapacityRange) -> None:
    """The bounds exclude each other, the least or the greatest size, or are no sizes."""
    with pytest.raises(OutOfRangeError):
        choose(asked)


@pytest.mark.parametrize("source", [None, Source(SourceKind.SNAPSHOT, "s"), Source(SourceKind.VOLUME, "v")])
def test_a_volume_survives_its_json_form(source: Source | None) -> None:
    """What is written is what is read."""
    volume = Volume("v1", "pvc/1", GIB, source)
    assert Volume.from_document(volume.to_document()) == volume


def test_a_snapshot_survives_its_json_form() -> None:
    """What is written is what is read."""
    snapshot = Snapshot("s1", "snapshot-1", "v1", GIB, 1_700_000_000_123_456_789)
    assert Snapshot.from_document(snapshot.to_document()) == snapshot


@pytest.mark.parametrize(("text", "size_bytes"), [("60GiB", 60 * GIB), ("512MiB", 512 * MIB), ("4096", 4096)])
def test_sizes_are_read(text: str, size_bytes: int) -> None:
    """With binary units or as bytes."""
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "60GB", "1.5GiB", "-1", "60 GiB"])
def test_other_sizes_are_refused(text: str) -> None:
    """A decimal unit would be read as a binary one too easily."""
    with pytest.raises(ValueError, match="no size"):
        parse_size(text)
