"""Clients that write through the Service and note when each write was acknowledged."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import mysql.connector
from mysql.connector.abstracts import MySQLConnectionAbstract

from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import eventually

CLIENTS = 4
"""Several, because one that waits for its own time-out would blur the moment when writes go on."""
PAUSE_SECONDS = 0.01
"""Between two writes of a client, where nothing else is said."""
SETUP = (
    "CREATE DATABASE IF NOT EXISTS load_test",
    "CREATE TABLE IF NOT EXISTS load_test.entries (client INT, number INT, PRIMARY KEY (client, number))",
)


@dataclass(slots=True)
class Writers:
    """Writers side by side, each with numbers of its own."""

    release: Release
    run: int
    node: str = ""
    """Through whose node port they connect; empty: any node's."""
    pause_seconds: float = PAUSE_SECONDS
    times: list[float] = field(default_factory=list)
    """Monotonic seconds of every acknowledgement."""
    errors: list[float] = field(default_factory=list)
    """Monotonic seconds of every error that a client saw."""
    acknowledged: set[tuple[int, int]] = field(default_factory=set)
    _address: tuple[str, int] = ("", 0)
    """Looked up once: the Kubernetes API may be away later."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to write, and return when every client's writes are acknowledged."""
        for statement in SETUP:  # one router may be a moment behind another that answered already
            self.release.insist(statement)
        self._address = self.release.node_port("mysql-rw", self.node)
        for number in range(CLIENTS):
            client = self.run * CLIENTS + number
            self._threads.append(threading.Thread(target=self._write, args=(client,), daemon=True))
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

    def quiet_seconds(self) -> float:
        """Give the time since the last acknowledgement."""
        return time.monotonic() - self.times[-1]

    def assert_nothing_lost(self) -> None:
        """Every acknowledged write must be in the database, whatever happened to it."""
        if lost := self._lost():
            shown = (
                f"{len(lost)} of {len(self.acknowledged)} acknowledged writes are gone: {sorted(lost)[:10]}"
            )
            raise AssertionError(shown)

    def _lost(self) -> set[tuple[int, int]]:
        first = self.run * CLIENTS
        written = f"SELECT client, number FROM load_test.entries WHERE client BETWEEN {first} AND {first + CLIENTS - 1}"
        # Kubernetes takes all pods out of their Services when the API was away for longer than nodes may be silent, and
        # puts them back as soon as they are heard from: connections that are open do not notice.
        rows = self.release.insist(written, 60)
        return self.acknowledged - {(int(client), int(number)) for client, number in rows}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the primary, the way the writers go; AssertionError while it does not answer."""
        try:
            with self._connection() as connection:
                cursor = connection.cursor()
                cursor.execute(statement)
                return [tuple(row) for row in cursor.fetchall()]
        except mysql.connector.Error as error:
            raise AssertionError(str(error)) from error

    @contextmanager
    def _connection(self) -> Iterator[MySQLConnectionAbstract]:
        host, port = self._address
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
        assert isinstance(connection, MySQLConnectionAbstract)
        try:
            yield connection
        finally:
            connection.shutdown()  # without a word: the server may be frozen or gone

    def _write(self, client: int) -> None:
        number = 0
        while not self._stop.is_set():
            try:
                with self._connection() as connection:
                    cursor = connection.cursor()
                    while not self._stop.is_set():
                        number += 1
                        cursor.execute("INSERT INTO load_test.entries VALUES (%s, %s)", (client, number))
                        self.times.append(time.monotonic())
                        self.acknowledged.add((client, number))
                        self._stop.wait(self.pause_seconds)
            except mysql.connector.Error:
                self.errors.append(time.monotonic())
                self._stop.wait(0.05)  # a number that was not acknowledged is never used again


@contextmanager
def writing(release: Release, run: int, node: str = "") -> Iterator[Writers]:
    """Write while the block runs; afterwards every acknowledged write must be there."""
    writers = Writers(release, run, node)
    writers.start()
    try:
        yield writers
        writers.wait_for_more(50 * CLIENTS)
    finally:
        writers.stop()
    writers.assert_nothing_lost()
