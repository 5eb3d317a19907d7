"""What a person sees of a build."""

import pytest

from ci.images.errors import BuildError, run
from ci.images.progress import step


def test_a_step_says_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress goes to stderr, so that stdout holds results only."""
    with step("packing") as current:
        current.note = "3 MB"
    shown = capsys.readouterr()
    assert not shown.out
    assert "packing …" in shown.err
    assert "s (3 MB)" in shown.err


def test_a_failed_program_is_quoted() -> None:
    """The report holds the last lines of the log, the reason and the hint, in this order."""
    with pytest.raises(BuildError) as caught:
        run(["sh", "-c", "for i in 1 2 3; do echo line $i; done; exit 3"], hint="look there")
    report = caught.value.report().splitlines()
    assert report[-3:] == ["  | line 3", "error: sh ended with status 3", "hint: look there"]


def test_a_missing_program_is_named() -> None:
    """Not a traceback: the name of what to install."""
    with pytest.raises(BuildError, match="no-such-program is not installed"):
        run(["no-such-program"])


def test_a_program_that_hangs_is_ended() -> None:
    """Nothing waits for ever."""
    with pytest.raises(BuildError, match="longer than 0 s"):
        run(["sleep", "60"], timeout_seconds=0.05)
