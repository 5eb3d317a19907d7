"""The one error that ends a build with a message for its reader."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

LAST_LINES = 15


class BuildError(Exception):
    """A build step failed.

    `reason` says what went wrong, `hint` what to do, `log` holds the last lines of the program that failed.
    """

    def __init__(self, reason: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.log = log

    def report(self) -> str:
        """The message as printed: log lines first, then the reason, then the hint."""
        lines = [f"  | {line}" for line in self.log.strip().splitlines()[-LAST_LINES:]]
        lines.append(f"error: {self.reason}")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def run(
    command: Sequence[str],
    *,
    hint: str = "",
    folder: Path | None = None,
    timeout_seconds: float = 600,
    **environment: str,
) -> str:
    """Run a program in `folder` and return what it wrote to stdout.

    Variables in `environment` replace those of this process. Raises BuildError when the program is missing, takes
    longer than `timeout_seconds` or exits with another status than 0.
    """
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_seconds,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
    except FileNotFoundError as error:
        raise BuildError(f"{command[0]} is not installed", hint=hint) from error
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{command[0]} took longer than {timeout_seconds:.0f} s", hint=hint) from error
    if done.returncode != 0:
        raise BuildError(
            f"{command[0]} ended with status {done.returncode}",
            hint=hint,
            log=f"{done.stdout}\n{done.stderr}",
        )
    return done.stdout
