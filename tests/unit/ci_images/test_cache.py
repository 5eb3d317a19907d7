"""Results that are kept between builds."""

import os
from pathlib import Path

import pytest

from ci.images.cache import digest_of_files, keep, key_of, prune


def test_a_result_is_made_once(tmp_path: Path) -> None:
    """The second request for a folder makes nothing."""
    made: list[Path] = []
    for _ in range(2):
        keep(tmp_path / "deep" / "result", made.append)
    assert len(made) == 1


def test_a_result_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    """A maker that fails leaves no folder under the name, and no draft."""

    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        keep(tmp_path / "result", fail)
    assert [path.name for path in tmp_path.iterdir()] == [".result.lock"]


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    """Using a result counts as a change of it."""
    for age, name in enumerate(("layer-a", "layer-b", "layer-c")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    keep(tmp_path / "layer-c", lambda _: None)
    prune(tmp_path, "layer-*", keep_newest=2)
    assert sorted(path.name for path in tmp_path.glob("layer-*")) == ["layer-a", "layer-c"]


def test_keys_follow_their_inputs() -> None:
    """Equal inputs give equal keys, others do not."""
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert key_of("a", "b") != key_of("ab")


def test_names_of_files_count_as_well_as_contents(tmp_path: Path) -> None:
    """A renamed file has another digest."""
    (tmp_path / "a").write_text("same")
    (tmp_path / "b").write_text("same")
    assert digest_of_files([tmp_path / "a"]) != digest_of_files([tmp_path / "b"])
