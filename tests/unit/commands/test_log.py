"""Log lines: readable, and never a secret."""

import pytest

from innodb_cluster.effects.log import configure_log, get_logger, render_line


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            {"timestamp": "12:00:00", "level": "info", "event": "group bootstrapped", "pod": "db-0"},
            "12:00:00 info    group bootstrapped pod=db-0",
        ),
        (
            {"timestamp": "12:00:00", "level": "warning", "event": "text", "reason": 'two "words"'},
            '12:00:00 warning text reason="two \\"words\\""',
        ),
        (
            {"timestamp": "12:00:00", "level": "info", "event": "text", "empty": "", "lines": "a\nb"},
            '12:00:00 info    text empty="" lines="a\\nb"',
        ),
        (
            {"timestamp": "12:00:00", "level": "info", "event": "text", "rootPassword": "hidden"},
            "12:00:00 info    text rootPassword=***",
        ),
    ],
)
def test_a_line_is_time_level_text_and_keys(event: dict[str, str], line: str) -> None:
    """One event, one line; what sounds like a secret is not shown."""
    assert render_line(None, "", dict(event)) == line


def test_the_level_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    """Debug lines need level debug; an unknown level is info."""
    configure_log("unknown")
    log = get_logger().bind()
    log.debug("not shown")
    log.info("shown", number=3)
    assert capfd.readouterr().err.split(" ", 1)[1] == "info    shown number=3\n"


def test_an_exception_follows_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    """With its traceback."""
    configure_log()
    log = get_logger().bind()
    try:
        int("x")
    except ValueError:
        log.exception("failed")
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].endswith("error   failed")
    assert lines[-1] == "ValueError: invalid literal for int() with base 10: 'x'"
