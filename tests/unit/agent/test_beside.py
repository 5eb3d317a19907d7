"""What runs beside the agent's loop goes on through failures, and ends the agent rather than going missing."""

import threading

from structlog.testing import capture_logs

from innodb_cluster.agent.beside import Beside
from innodb_cluster.model.errors import TemporaryError


class Scene:
    """One step whose outcomes the test gives."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.stop = threading.Event()
        self._outcomes = list(outcomes)
        self.beside = Beside("test", self.step, 0.0, self.stop)

    def step(self) -> None:
        """Have the next outcome; the last one ends the scene."""
        outcome = self._outcomes.pop(0)
        if not self._outcomes:
            self.stop.set()
        if outcome is not None:
            raise outcome


def test_a_failure_is_said_once_while_it_lasts() -> None:
    """And again after it went well in between."""
    away = TemporaryError("away")
    scene = Scene(away, away, None, away)
    with capture_logs() as said:
        scene.beside.run()
    assert [entry["reason"] for entry in said] == ["away", "away"]
    assert not scene.beside.has_crashed


def test_what_nobody_expected_stops_the_agent() -> None:
    """A thread that is gone would be noticed by nobody."""
    scene = Scene(ValueError("a bug"), None)
    scene.beside.run()
    assert scene.beside.has_crashed
    assert scene.stop.is_set()
