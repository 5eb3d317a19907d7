"""Child processes that never outlive the test run, however that ends."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STOP_SECONDS = 30

# The pipe closes when the test run dies, by whatever signal; then those that are still on the list are killed and
# their files removed.
_UNDERTAKER = """
pids=()
while read -r pid; do pids+=("$pid"); done
kill -KILL "${pids[@]}" 2>/dev/null
sleep 1
rm -rf "$1"
"""


@dataclass(slots=True)
class Processes:
    """Every process that a test run started, known by its process id."""

    workplace: Path
    """Directory of their files."""
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _undertaker: subprocess.Popen[bytes] | None = field(default=None)

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program that writes to a log file."""
        with log.open("ab") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        self.running[process.pid] = process
        self._watch()
        return process

    def stop(self, process: subprocess.Popen[bytes], *, kill: bool = False) -> None:
        """End a program, by force when it does not end by itself."""
        if kill:
            process.kill()
        else:
            process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        self.running.pop(process.pid, None)
        self._watch()

    def stop_all(self) -> None:
        """End everything that still runs."""
        for process in list(self.running.values()):
            self.stop(process, kill=True)

    def _watch(self) -> None:
        """Give the undertaker a new list; the old one ends without a list."""
        before = self._undertaker
        self._undertaker = None
        if self.running:
            self._undertaker = subprocess.Popen(
                ["bash", "-c", _UNDERTAKER, "undertaker", str(self.workplace)],
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            if self._undertaker.stdin is not None:
                self._undertaker.stdin.write("".join(f"{pid}\n" for pid in self.running).encode())
                self._undertaker.stdin.flush()
        if before is not None:
            before.kill()
            before.wait(STOP_SECONDS)
            if before.stdin is not None:
                before.stdin.close()
