"""What an agent does beside its loop, in threads of their own."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from innodb_cluster.model.errors import InnodbClusterError

log = structlog.get_logger()


@dataclass(slots=True)
class Beside:
    """One step that is repeated until the agent stops; what hinders it is said once while it lasts."""

    name: str
    step: Callable[[], None]
    period_seconds: float
    stop: threading.Event
    has_crashed: bool = False
    """Whether something happened that nobody expected: the agent has been stopped, to be started anew."""

    def start(self) -> None:
        """Begin, in a thread that holds up nobody's end."""
        threading.Thread(target=self.run, name=self.name, daemon=True).start()

    def run(self) -> None:
        """Repeat the step until the agent stops."""
        try:
            self._repeat()
        except Exception:
            # A loop that ends with such an error ends its container. A thread would only be missing.
            log.exception("the agent stops: this cannot go on", what=self.name)
            self.has_crashed = True
            self.stop.set()

    def _repeat(self) -> None:
        said = ""
        while not self.stop.wait(self.period_seconds):
            try:
                self.step()
                said = ""
            except InnodbClusterError as error:
                if error.reason != said:
                    log.warning("could not look", what=self.name, reason=error.reason)
                said = error.reason
