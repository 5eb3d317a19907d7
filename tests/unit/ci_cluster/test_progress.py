"""What the tools print."""

from pathlib import Path

import pytest

from ci.progress import StepError, last_lines, step


def test_a_failure_shows_the_end_of_the_log_and_a_way_out(tmp_path: Path) -> None:
    """Reason first, then the log, then what to do."""
    log = tmp_path / "x.log"
    log.write_text("\n".join(f"line {number}" for number in range(100)))
    text = StepError("it failed", log=log, hint="try again").render()
    assert text.startswith("error: it failed")
    assert "line 99" in text
    assert "line 79\n" not in text
    assert text.endswith("hint: try again")


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    """Logs grow to many megabytes."""
    log = tmp_path / "x.log"
    log.write_text("x" * 1_000_000 + "\nend\n")
    assert last_lines(log, 1) == ["end"]


def test_a_step_tells_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """Done with its note, or failed; each with the time it took."""
    with step("one") as current:
        current.note = "nothing to do"
    with pytest.raises(ValueError, match="no"), step("two"):
        raise ValueError("no")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  done  one (nothing to do)  0.")
    assert lines[1].startswith("  failed  two  0.")
