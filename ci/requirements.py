"""Resolves both requirements files again, with the hashes of every distribution and without the name of an index.

The hooks' requirements come first, because those of the tests contain them: what the tests run with is what the
image has.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / ".cluster" / "uv"
HEADER = "# Made by `make requirements` from requirements.in: don't edit.\n"
PYTHON = "3.11"
"""The oldest Python that has to run it."""


def resolve(folder: str, *options: str) -> None:
    """Resolve `folder`/requirements.in into `folder`/requirements.txt."""
    target = ROOT / folder / "requirements.txt"
    source = f"{folder}/requirements.in"
    argv = [
        str(TOOL / "bin" / "uv"),
        "pip",
        "compile",
        "--quiet",
        "--upgrade",
        "--generate-hashes",
        "--no-header",
    ]
    argv += ["--no-annotate", "--no-emit-find-links", "--python-version", PYTHON, *options, source]
    answer = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    target.write_text(HEADER + answer.stdout)
    print(f"{target.relative_to(ROOT)}: {answer.stdout.count('==')} packages")


def main() -> None:
    """Run from the command line."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(TOOL), "uv"]
    subprocess.run(pip, check=True)
    resolve("hooks", "--universal")
    resolve("ci")


if __name__ == "__main__":
    main()
