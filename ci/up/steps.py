"""Steps with progress lines, durations and, where nothing stands against it, side by side."""

import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO

KEPT_LINES = 15
"""Lines of a failed command that its error repeats: its output may have scrolled away between another's."""

LINGER_SECONDS = 5
"""How long to read on after a command's end: a daemon that it left behind may hold its output open for ever."""


class StepError(Exception):
    """A step failed. The message says which, and what its last lines were."""


def clock(seconds: float) -> str:
    """Show a duration as minutes and seconds."""
    return f"{int(seconds) // 60:2d}:{int(seconds) % 60:02d}"


@dataclass(slots=True)
class Steps:
    """Runs steps, prints what they say with the time since the start, and remembers how long they took."""

    started: float = field(default_factory=time.monotonic)
    durations: list[tuple[str, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        """Print one line at once, also into a pipe."""
        with self._lock:
            print(f"{clock(time.monotonic() - self.started)}  {text}", flush=True)

    def run(self, title: str, work: Callable[[], object]) -> None:
        """Do one step; a step that fails is not counted as done."""
        self.say(f"{title} …")
        begun = time.monotonic()
        work()
        took = time.monotonic() - begun
        with self._lock:
            self.durations.append((title, took))
        self.say(f"{title}: done in {took:.0f} s")

    def side_by_side(self, *works: Callable[[], object]) -> None:
        """Do steps at once and wait for all of them.

        Raises:
            StepError: one or more failed; the message has all of their messages.

        """
        with ThreadPoolExecutor(len(works)) as pool:
            errors = [future.exception() for future in [pool.submit(work) for work in works]]
        messages = [str(error) for error in errors if isinstance(error, StepError)]
        for error in errors:
            if error is not None and not isinstance(error, StepError):
                raise error
        if messages:
            raise StepError("\n".join(messages))

    def command(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str] | None = None,
        *,
        show: bool = True,
    ) -> list[str]:
        """Run a command and show its lines as they come, with `name` before each.

        Returns the lines of its standard output; without `show` these are for the caller alone.

        Raises:
            StepError: it cannot be started or its exit status is not 0.

        """
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        output: list[str] = []
        try:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=environment,
            )
        except OSError as error:
            raise StepError(f"{name}: {argv[0]} cannot be started: {error.strerror}") from error
        relays = [
            threading.Thread(target=self._relay, args=arguments, kwargs={"show": shown}, daemon=True)
            for arguments, shown in (
                ((name, process.stdout, kept, output), show),
                ((name, process.stderr, kept, []), True),
            )
        ]
        for relay in relays:
            relay.start()
        status = process.wait()
        for relay in relays:
            relay.join(LINGER_SECONDS)
        if status != 0:
            last = "\n".join(f"    {line}" for line in kept)
            raise StepError(f"{name} failed with exit status {status}; its last lines:\n{last}")
        return output

    def _relay(
        self, name: str, stream: IO[str] | None, kept: deque[str], output: list[str], *, show: bool
    ) -> None:
        if stream is None:
            return
        with stream:
            for line in stream:
                text = line.rstrip("\n")
                kept.append(text)
                output.append(text)
                if show and text:
                    self.say(f"{name}: {text.removeprefix(f'{name}: ')}")

    def summary(self) -> None:
        """Print a table of the steps and how long each took."""
        rows = [*self.durations, ("all of it", time.monotonic() - self.started)]
        width = max(len(title) for title, _ in rows)
        print(f"\n{'step':<{width}}  seconds")
        for title, took in rows:
            print(f"{title:<{width}}  {took:7.1f}", flush=True)
