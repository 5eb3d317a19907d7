"""Asks several servers at once, and waits for none of them longer than agreed.

Threads that are still waiting when the deadline is over are left behind as daemons: a
name server that does not answer can hold one for half a minute, and no time-out of a
driver covers that.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.model.errors import InnodbClusterError

Answer = TypeVar("Answer")
TOO_LATE = "no answer in time"


class Gathering(Generic[Answer]):
    """Questions that run side by side, started at once."""

    def __init__(self, questions: Mapping[str, Callable[[], Answer]], clock: Clock | None = None) -> None:
        """Start to ask; each question is known by its key."""
        self._waiting = set(questions)
        self._clock = clock or SystemClock()
        self._inbox: queue.SimpleQueue[tuple[str, list[Answer], str]] = queue.SimpleQueue()
        for key, question in questions.items():
            threading.Thread(target=self._ask, args=(key, question), daemon=True).start()

    def wait(self, deadline_seconds: float) -> tuple[dict[str, Answer], dict[str, str]]:
        """Give the answers, and for every other key why there is none."""
        answers: dict[str, Answer] = {}
        failures: dict[str, str] = {}
        end = self._clock.monotonic_seconds() + deadline_seconds
        while self._waiting:
            try:
                left = max(end - self._clock.monotonic_seconds(), 0.0)
                key, answer, failure = self._inbox.get(timeout=left)
            except queue.Empty:
                break
            self._waiting.discard(key)
            if answer:
                answers[key] = answer[0]
            else:
                failures[key] = failure
        return answers, failures | dict.fromkeys(self._waiting, TOO_LATE)

    def _ask(self, key: str, question: Callable[[], Answer]) -> None:
        try:
            self._inbox.put((key, [question()], ""))
        except InnodbClusterError as error:
            self._inbox.put((key, [], error.reason))
        except Exception as error:  # noqa: BLE001 - the top frame of a thread: its end must be told
            self._inbox.put((key, [], f"{type(error).__name__}: {error}"))
