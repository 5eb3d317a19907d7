"""A start imports what it uses, and no more: beside starting servers its processor time counts many times."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[3] / "hooks" / "src"
COSTLY = {"kubernetes", "pydantic", "pydantic_settings", "structlog", "asyncio", "rich", "requests", "yaml"}
"""What no start in a pod needs."""


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("jobs.render", {"mysql", "urllib3", "cryptography"}),
        ("jobs.prepare", {"jinja2"}),
        ("jobs.converge", {"cryptography"}),
        ("agent.loop", {"cryptography", "jinja2"}),
    ],
)
def test_nothing_costly_is_imported(module: str, also: set[str]) -> None:
    """By the commands that run in every installation."""
    code = (
        f"import sys, innodb_cluster.commands, innodb_cluster.configuration, innodb_cluster.{module}; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (COSTLY | also) & set(found.stdout.split()) == set()
