"""The record of what a cluster has made on the machine."""

from pathlib import Path

import pytest

from ci.cluster import claim, layout
from ci.cluster.record import Record, load
from ci.progress import StepError

RECORD = Record(
    checkout="/a",
    block=201,
    nodes=3,
    boot_id="b",
    state="/a/.cluster",
    folders=("/var/lib/cni",),
    sysctls={"kernel/panic": "0"},
)


def test_a_record_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing gets lost on the way through the file."""
    monkeypatch.setattr(layout, "RUN_ROOT", tmp_path)
    RECORD.save()
    assert load(RECORD.layout.record) == RECORD


def test_what_is_no_record_counts_as_none(tmp_path: Path) -> None:
    """A file that a crash left half-written, or of another version, is as good as none."""
    broken = tmp_path / "cluster.json"
    assert load(broken) is None
    for text in ("", "{", "[]", '{"checkout": "/a"}'):
        broken.write_text(text)
        assert load(broken) is None


@pytest.mark.parametrize("text", ["0", "10", "three", "-1", "1.5"])
def test_a_strange_number_of_nodes_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NODES is a number from 1 to 9."""
    monkeypatch.setenv("NODES", text)
    with pytest.raises(StepError, match="from 1 to 9"):
        claim.node_count()


def test_without_nodes_the_cluster_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty NODES is the same as none."""
    monkeypatch.setenv("NODES", "")
    assert claim.node_count() is None
    monkeypatch.setenv("NODES", "5")
    assert claim.node_count() == 5
