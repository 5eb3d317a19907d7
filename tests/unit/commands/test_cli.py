"""How commands end: one clear line, and the exit status of the contract."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from innodb_cluster.cli import ended
from innodb_cluster.model.errors import (
    ConfigurationError,
    InnodbClusterError,
    OutOfTimeError,
    RefusedError,
    TemporaryError,
)

SOURCES = Path(__file__).parents[3] / "hooks" / "src"


def raising(error: Exception) -> int:
    """Fail as a command does."""
    raise error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigurationError("wrong", "correct it"), 64),
        (RefusedError("it would lose data", "look"), 65),
        (OutOfTimeError("too late"), 69),
        (InnodbClusterError("broken"), 70),
        (TemporaryError("not yet"), 75),
    ],
)
def test_errors_end_with_their_status_and_one_line(
    error: InnodbClusterError, status: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same line is the container's termination message."""
    last_words = tmp_path / "termination-log"
    last_words.touch()
    assert ended(lambda: raising(error), last_words) == status
    assert capfd.readouterr().err == f"innodb-cluster: {error}\n"
    assert last_words.read_text() == str(error)


def test_an_error_of_the_program_itself_is_70_with_its_traceback(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The reason still is the last line."""
    assert ended(lambda: raising(KeyError("x")), tmp_path / "nowhere") == 70
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1] == "innodb-cluster: unexpected KeyError: 'x'"


def test_last_words_fit_and_stay_on_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Kubernetes keeps 4 KiB."""
    last_words = tmp_path / "termination-log"
    last_words.touch()
    ended(lambda: raising(TemporaryError("a\nb " + "x" * 9000)), last_words)
    assert len(last_words.read_bytes()) == 4096
    assert capfd.readouterr().err.startswith("innodb-cluster: a b x")


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("INNODB_CLUSTER_")}
    return subprocess.run(
        [sys.executable, "-m", "innodb_cluster", *arguments],
        env={**clean, "PYTHONPATH": str(SOURCES), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_missing_environment_is_named() -> None:
    """Every variable at once."""
    found = command("agent", INNODB_CLUSTER_NAME="db")
    assert found.returncode == 64
    assert "INNODB_CLUSTER_NAMESPACE" in found.stderr
    assert "INNODB_CLUSTER_POD" in found.stderr


def test_a_settings_document_that_is_none_is_a_configuration_error() -> None:
    """The Job fails at once."""
    found = command("job", "prepare", INNODB_CLUSTER_SETTINGS="{}")
    assert found.returncode == 64
    assert "settings document" in found.stderr.splitlines()[-1]


def test_help_names_every_command() -> None:
    """For the person in ``kubectl exec``."""
    found = command("--help")
    assert found.returncode == 0
    for name in ("render", "job", "agent", "router-agent", "status", "verify"):
        assert name in found.stdout
