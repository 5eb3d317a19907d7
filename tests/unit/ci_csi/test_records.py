"""The local CSI driver's records: JSON files that are there entirely or not at all."""

from pathlib import Path

import pytest

from ci.csi.model import GIB, Volume
from ci.csi.records import FileLock, LockedError, Records


@pytest.fixture
def records(tmp_path: Path) -> Records[Volume]:
    """No records yet."""
    return Records(tmp_path, Volume.from_document)


def test_a_record_is_found_replaced_and_removed(records: Records[Volume]) -> None:
    """By its identifier."""
    records.save(Volume("v", "v", GIB))
    records.save(Volume("v", "v", 2 * GIB))
    assert records.find("v") == Volume("v", "v", 2 * GIB)
    assert records.identifiers() == {"v"}
    records.remove("v")
    records.remove("v")
    assert records.find("v") is None


@pytest.mark.parametrize("identifier", ["", "../secret", "a/b", ".unfinished-v"])
def test_what_can_be_no_identifier_is_never_found(
    records: Records[Volume],
    tmp_path: Path,
    identifier: str,
) -> None:
    """Identifiers come from outside; none may lead out of the folder."""
    (tmp_path.parent / "secret.json").write_text("{}")
    assert records.find(identifier) is None
    records.remove(identifier)
    assert (tmp_path.parent / "secret.json").exists()


def test_a_half_written_record_does_not_count_and_can_be_removed(
    records: Records[Volume], tmp_path: Path
) -> None:
    """What a writer that was killed leaves."""
    (tmp_path / ".unfinished-v").write_text('{"id": "v", "na')
    assert records.find("v") is None
    assert records.identifiers() == frozenset()
    records.remove_unfinished()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    """Also within one process."""
    lock = FileLock(tmp_path / "lock")
    with lock.held(), pytest.raises(LockedError), lock.held(wait=False):
        pass
    with lock.held(wait=False):
        pass
