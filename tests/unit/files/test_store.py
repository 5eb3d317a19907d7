"""Files: private from the first moment, replaced at once."""

from pathlib import Path

import pytest

from innodb_cluster.effects.files.store import read_optional, read_required, write_private
from innodb_cluster.model.errors import ConfigurationError, TemporaryError


def test_a_private_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """Also when it replaces one that was not."""
    path = tmp_path / "my.cnf"
    path.write_text("before")
    path.chmod(0o644)
    write_private(path, "after")
    assert path.read_text() == "after"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_that_a_killed_run_left_is_no_hindrance(tmp_path: Path) -> None:
    """It runs again."""
    (tmp_path / ".my.cnf.new").write_text("half")
    write_private(tmp_path / "my.cnf", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["my.cnf"]


def test_a_missing_secret_is_temporary_and_an_empty_one_is_wrong(tmp_path: Path) -> None:
    """The first comes by itself, the second never."""
    path = tmp_path / "adminPassword"
    assert read_optional(path) is None
    with pytest.raises(TemporaryError, match="missing"):
        read_required(path)
    path.write_text("")
    with pytest.raises(ConfigurationError, match="empty"):
        read_required(path)
    path.write_text("x")
    assert read_required(path) == "x"
