"""Every static check of this repository in one list; `tests/static/test_lint.py` runs the same list.

`python -m ci.lint` runs them all and shows what failed; with names as arguments, only those.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHART = Path("charts/mysql-innodb-cluster")
LINT_FILES = "ci/chart-testing"


@dataclass(frozen=True, slots=True)
class Check:
    """One tool with its arguments, run from the root of the checkout."""

    name: str
    argv: Sequence[str]


def checks() -> list[Check]:
    """List the checks; one for each file of example values is among them."""
    chart_testing = ["ct", "lint", "--config", f"{LINT_FILES}/ct.yaml", "--charts", str(CHART)]
    chart_testing += [
        "--chart-yaml-schema",
        f"{LINT_FILES}/chart_schema.yaml",
        "--lint-conf",
        ".yamllint.yaml",
    ]
    found = [
        Check("ruff", ["ruff", "check", "."]),
        Check("format", ["ruff", "format", "--check", "."]),
        Check("types", ["mypy"]),
        Check("layers", ["lint-imports"]),
        Check("yaml", ["yamllint", "--strict", "."]),
        Check("chart-testing", chart_testing),
    ]
    for values in sorted((ROOT / "values").glob("*.yaml")):
        argv = ["helm", "lint", "--strict", str(CHART), "--values", str(values.relative_to(ROOT))]
        found.append(Check(f"helm-{values.stem}", argv))
    return found


def environment() -> dict[str, str]:
    """Environment with the tools of `.venv` and `.cluster/bin` first on PATH."""
    paths = [str(Path(sys.executable).parent), str(ROOT / ".cluster" / "bin"), os.environ.get("PATH", "")]
    return {**os.environ, "PATH": os.pathsep.join(paths), "PYTHONPATH": f"hooks/src{os.pathsep}."}


def run(check: Check) -> subprocess.CompletedProcess[str]:
    """Run one check and keep what it printed."""
    return subprocess.run(
        check.argv,
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def main() -> None:
    """Run from the command line; the exit status is the number of checks that failed."""
    wanted = set(sys.argv[1:])
    failed = 0
    for check in checks():
        if wanted and check.name not in wanted:
            continue
        started = time.monotonic()
        done = run(check)
        failed += done.returncode != 0
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"{check.name:<16} {verdict:<6} {time.monotonic() - started:5.1f} s", flush=True)
        if done.returncode != 0:
            print(done.stdout, flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
