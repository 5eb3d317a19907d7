"""Every tool of `make lint` finds nothing."""

import pytest

from ci.lint import Check, checks, run


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_finds_nothing(check: Check) -> None:
    """The tool's own output is the message."""
    done = run(check)
    assert done.returncode == 0, f"{' '.join(check.argv)}\n{done.stdout}"
