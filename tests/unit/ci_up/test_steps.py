"""Steps of `make up`: progress, failures, side by side."""

import sys
import threading

import pytest

from ci.up.steps import StepError, Steps


def python(code: str) -> list[str]:
    """Give the command that runs a line of Python."""
    return [sys.executable, "-c", code]


def test_a_command_gives_the_lines_of_its_standard_output_only() -> None:
    """Progress goes to the error output, results to the standard output."""
    steps = Steps()
    code = "import sys; print('result'); print('progress', file=sys.stderr)"
    assert steps.command("tool", python(code)) == ["result"]


def test_what_a_command_prints_is_shown_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Two commands at once stay apart; a name that the tool prints itself is not repeated."""
    Steps().command("tool", python("print('tool: one'); print('two')"))
    lines = [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["tool: one", "tool: two"]


def test_a_failed_command_is_named_with_its_last_lines() -> None:
    """The reason is at the end, wherever the lines went on the screen."""
    with pytest.raises(StepError, match=r"(?s)tool failed with exit status 3.*the reason"):
        Steps().command("tool", python("import sys; print('the reason', file=sys.stderr); sys.exit(3)"))


def test_a_command_that_does_not_exist_is_named() -> None:
    """Not a traceback."""
    with pytest.raises(StepError, match="no-such-program cannot be started"):
        Steps().command("tool", ["no-such-program"])


def test_steps_run_side_by_side() -> None:
    """Each of the two waits for the other: one after the other they would never meet."""
    both = threading.Barrier(2, timeout=10)
    Steps().side_by_side(both.wait, both.wait)


def test_all_failures_of_steps_side_by_side_are_told() -> None:
    """Mending the first would only show the second."""

    def fail(reason: str) -> None:
        raise StepError(reason)

    with pytest.raises(StepError, match=r"(?s)first.*second"):
        Steps().side_by_side(lambda: fail("first"), lambda: fail("second"))


def test_a_failed_step_is_not_in_the_summary() -> None:
    """A table of durations shows what was done."""
    steps = Steps()

    def fail() -> None:
        raise StepError("no")

    steps.run("good", lambda: None)
    with pytest.raises(StepError):
        steps.run("bad", fail)
    assert [title for title, _ in steps.durations] == ["good"]
