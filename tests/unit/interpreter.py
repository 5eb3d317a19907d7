"""A Python process of its own, for what imports and exits do to a whole process."""

import os
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "hooks" / "src"


def run_python(code: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run code that finds the hooks' package."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=check,
        timeout=60,
    )
