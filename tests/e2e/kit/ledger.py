"""A client-side ledger: what the database acknowledged, remembered outside of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import mysql.connector

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually

SETUP = (
    "CREATE DATABASE IF NOT EXISTS ledger",
    "DROP TABLE IF EXISTS ledger.entries",
    "CREATE TABLE IF NOT EXISTS ledger.entries (id INT PRIMARY KEY)",
)


@dataclass(slots=True)
class Ledger:
    """Writes numbers one by one through the Service and keeps those that were acknowledged."""

    release: Release
    acknowledged: list[int] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        for statement in SETUP:
            self.release.insist(statement)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                connection = self.release.connect(read_seconds=3)
                cursor = connection.cursor()
                while not self._stop.is_set():
                    number += 1
                    cursor.execute("INSERT INTO ledger.entries VALUES (%s)", (number,))
                    self.acknowledged.append(number)
                    self._stop.wait(0.02)
                connection.close()
            except (mysql.connector.Error, OSError, AssertionError):
                self._stop.wait(0.2)  # an unacknowledged number is never used again

    def stop(self) -> None:
        """End writing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=60)

    def wait_for_more(self, count: int = 20) -> None:
        """Wait until that many further writes are acknowledged."""
        target = len(self.acknowledged) + count
        eventually(lambda: len(self.acknowledged) >= target, f"{count} more acknowledged writes")

    def missing(self) -> set[int]:
        """Give the acknowledged writes that the database no longer has."""
        rows = self.release.insist("SELECT id FROM ledger.entries", 60)
        return set(self.acknowledged) - {row[0] for row in rows}


@contextmanager
def writing(release: Release) -> Iterator[Ledger]:
    """Write while the block runs; afterwards every acknowledged write must be there."""
    ledger = Ledger(release)
    ledger.start()
    ledger.wait_for_more()
    try:
        yield ledger
        ledger.wait_for_more()
    finally:
        ledger.stop()
    assert ledger.missing() == set()
