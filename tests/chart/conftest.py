"""Fixtures of the tests of scripts."""

from pathlib import Path

import pytest

from tests.chart.script_box import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """An empty box."""
    return Box(tmp_path)
