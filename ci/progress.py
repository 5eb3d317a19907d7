"""What the command-line tools print: each step with its duration, and failures with a way out."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

LOG_LINES = 20
HEARTBEAT_SECONDS = 15.0


class StepError(Exception):
    """A step that failed: what happened, the log that tells more, and what to do about it."""

    def __init__(self, reason: str, *, hint: str = "", log: Path | None = None) -> None:
        """Keep the parts apart; `render` puts them together at the top of the command."""
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.log = log

    def render(self) -> str:
        """The message for a person: reason, last lines of the log, hint."""
        lines = [f"error: {self.reason}"]
        if self.log is not None and self.log.exists():
            lines.append(f"--- last lines of {self.log}")
            lines += last_lines(self.log)
            lines.append("---")
        if self.hint:
            lines.append(f"hint: {self.hint}")
        return "\n".join(lines)


def last_lines(log: Path, count: int = LOG_LINES) -> list[str]:
    """The last `count` lines of a file, of which only the end is read."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - count * 2000))
        return file.read().decode(errors="replace").splitlines()[-count:]


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


@dataclass(slots=True)
class Step:
    """A running step; `note` is shown beside its duration."""

    name: str
    started: float = field(default_factory=time.monotonic)
    note: str = ""

    @property
    def seconds(self) -> float:
        """How long the step has been running."""
        return time.monotonic() - self.started


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Print the step's duration when it ends, and a line every 15 s while it runs."""
    current = Step(name)
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(current, ended), daemon=True)
    beat.start()
    try:
        yield current
    except BaseException:
        say(f"  failed  {name}  {current.seconds:.1f} s")
        raise
    finally:
        ended.set()
    say(f"  done  {name}{f' ({current.note})' if current.note else ''}  {current.seconds:.1f} s")


def _beat(current: Step, ended: threading.Event) -> None:
    """Say that a long step is still running."""
    while not ended.wait(HEARTBEAT_SECONDS):
        say(f"  ...   {current.name}{f' ({current.note})' if current.note else ''}  {current.seconds:.0f} s")
