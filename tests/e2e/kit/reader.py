"""A client that only reads, and notices every interruption."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import mysql.connector

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually


@dataclass(slots=True)
class Reader:
    """Reads again and again over one connection to the Service's read-only port."""

    release: Release
    times: list[float] = field(default_factory=list)
    """Monotonic seconds of every answer."""
    errors: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.wait_for_more()

    def stop(self) -> None:
        """End reading."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def wait_for_more(self, count: int = 20) -> None:
        """Wait for that many further answers."""
        target = len(self.times) + count
        eventually(lambda: len(self.times) >= target, f"{count} more answers", pause_seconds=0.1)

    def longest_gap_seconds(self, since: float = 0.0) -> float:
        """Give the longest time without an answer, after a moment."""
        return max(later - earlier for earlier, later in itertools.pairwise(self.times) if later > since)

    def _read(self) -> None:
        while not self._stop.is_set():
            try:
                connection = self.release.connect("mysql-ro", read_seconds=3)
                cursor = connection.cursor()
                while not self._stop.is_set():
                    cursor.execute("SELECT @@server_id")
                    cursor.fetchall()
                    self.times.append(time.monotonic())
                    self._stop.wait(0.01)
                connection.close()
            except (mysql.connector.Error, OSError, AssertionError) as error:
                self.errors.append(str(error))
                self._stop.wait(0.05)


@contextmanager
def reading(release: Release) -> Iterator[Reader]:
    """Read while the block runs."""
    reader = Reader(release)
    reader.start()
    try:
        yield reader
        reader.wait_for_more()
    finally:
        reader.stop()
