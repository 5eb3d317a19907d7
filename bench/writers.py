"""Clients that write through the Service and note when each write was acknowledged."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import mysql.connector

from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import eventually

CLIENTS = 4
"""Several, because one that waits for its own time-out would blur the moment when writes go on."""
PAUSE_SECONDS = 0.01
SETUP = (
    "CREATE DATABASE IF NOT EXISTS bench",
    "CREATE TABLE IF NOT EXISTS bench.entries (client INT, number INT, PRIMARY KEY (client, number))",
)


@dataclass(slots=True)
class Writers:
    """Writers side by side, each with numbers of its own."""

    release: Release
    run: int
    times: list[float] = field(default_factory=list)
    """Monotonic seconds of every acknowledgement."""
    errors: list[float] = field(default_factory=list)
    """Monotonic seconds of every error that a client saw."""
    acknowledged: set[tuple[int, int]] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to write, and return when every client's writes are acknowledged."""
        for statement in SETUP:
            self.release.query(statement)
        host, port = self.release.node_port("mysql-rw")
        for number in range(CLIENTS):
            client = self.run * CLIENTS + number
            self._threads.append(threading.Thread(target=self._write, args=(client, host, port), daemon=True))
            self._threads[-1].start()
        self.wait_for_more(20 * CLIENTS)

    def stop(self) -> None:
        """End writing."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def wait_for_more(self, count: int) -> None:
        """Wait until that many further writes are acknowledged."""
        target = len(self.times) + count
        eventually(lambda: len(self.times) >= target, f"{count} more acknowledged writes", pause_seconds=0.1)

    def longest_gap_seconds(self, since: float) -> float:
        """Give the longest time without an acknowledgement from any client, after a moment."""
        times = sorted(self.times)
        return max(later - earlier for earlier, later in itertools.pairwise(times) if later > since)

    def lost(self) -> set[tuple[int, int]]:
        """Give the acknowledged writes that the database no longer has."""
        first = self.run * CLIENTS
        rows = self.release.query(
            f"SELECT client, number FROM bench.entries WHERE client BETWEEN {first} AND {first + CLIENTS - 1}"
        )
        return self.acknowledged - {(int(client), int(number)) for client, number in rows}

    def _write(self, client: int, host: str, port: int) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                connection = mysql.connector.connect(
                    host=host,
                    port=port,
                    user="root",
                    password=PASSWORD,
                    autocommit=True,
                    connection_timeout=1,
                    read_timeout=1,
                    write_timeout=1,
                )
                cursor = connection.cursor()
                while not self._stop.is_set():
                    number += 1
                    cursor.execute("INSERT INTO bench.entries VALUES (%s, %s)", (client, number))
                    self.times.append(time.monotonic())
                    self.acknowledged.add((client, number))
                    self._stop.wait(PAUSE_SECONDS)
                connection.close()
            except mysql.connector.Error:
                self.errors.append(time.monotonic())
                self._stop.wait(0.05)  # a number that was not acknowledged is never used again


@contextmanager
def writing(release: Release, run: int) -> Iterator[Writers]:
    """Write while the block runs; a lost write ends the measurement."""
    writers = Writers(release, run)
    writers.start()
    try:
        yield writers
        writers.wait_for_more(50 * CLIENTS)
    finally:
        writers.stop()
    if lost := writers.lost():
        shown = f"{len(lost)} acknowledged writes are gone: this is a fault, not a measurement"
        raise AssertionError(shown)
