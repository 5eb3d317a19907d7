"""Watches over a server that is there and answers nobody, beside the agent's loop, which such a server holds up.

The kubelet's probe would need a minute, and clients of a primary wait all that time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from innodb_cluster.agent.observer import Observer
from innodb_cluster.decide.hanging import why_it_is_left
from innodb_cluster.effects.mysql.connection import QUICK
from innodb_cluster.effects.mysql.heartbeat import Beat
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.model.observation import Observation, pods_that_count
from innodb_cluster.model.settings import Settings

log = structlog.get_logger()

PERIOD_SECONDS = 0.5


@dataclass(slots=True)
class HangWatch:
    """What is remembered of the own server's answers."""

    observer: Observer
    beat: Callable[[], Beat]
    order_end: Callable[[], None]
    _answered_seconds: float = float("inf")
    """When it last answered; in the future before it ever did, because who has not come up yet does not hang."""
    _is_ordered: bool = False
    _said: str = ""

    def step(self) -> None:
        """Ask the own server once, and have it ended when it has been silent for too long."""
        now = self.observer.clock.monotonic_seconds()
        found = self.beat()
        if found is not Beat.SILENT:
            self._answered_seconds = now if found is Beat.ANSWERS else float("inf")
            self._is_ordered, self._said = False, ""
            return
        settings = self.observer.settings
        silent_seconds = self.observer.clock.monotonic_seconds() - self._answered_seconds
        if settings is None or not settings.hung_seconds or silent_seconds < settings.hung_seconds:
            return
        left = self._why_it_is_left(settings)
        if left:
            self._say(f"the server answers nobody, and is left to the kubelet: {left}")
            return
        self.order_end()
        if not self._is_ordered:
            self._is_ordered = True
            what = f"the server has answered nobody for {silent_seconds:.1f} s, its group goes on without it: ending it"
            log.error(what)
            self.observer.api.emit_event(self.observer.pod, "ServerHung", what, warning=True)

    def _why_it_is_left(self, settings: Settings) -> str:
        record, pod = self.observer.record, self.observer.pod
        others = [name for name in pods_that_count(settings, record) if name != pod]
        servers, silent = look_at_all(others, lambda name: self.observer.connect(name, QUICK))
        return why_it_is_left(Observation(settings, record, servers, (*silent, pod)), pod)

    def _say(self, what: str) -> None:
        """Log it once while one silence lasts."""
        if what != self._said:
            log.warning(what)
        self._said = what
