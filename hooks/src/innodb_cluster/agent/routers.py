"""Watches whether the routers can be reached, beside the agent's loop: a dead node slows that one down.

Every agent tries every router, so that whoever becomes the speaker of the group knows
already; only the speaker changes labels.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import structlog

from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.performing import performer_of
from innodb_cluster.decide.health import classify
from innodb_cluster.decide.labels import leads
from innodb_cluster.decide.routers import RouterSight, decide_routers
from innodb_cluster.effects.mysql.connection import QUICK, connect_socket
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.routers import is_reachable
from innodb_cluster.model.actions import LabelRouter
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.observation import Observation, ServerView
from innodb_cluster.model.pods import PodView

log = structlog.get_logger()

PERIOD_SECONDS = 1.5
"""With three misses in a row, a router is given up five to six seconds after its node has died."""
LIST_SECONDS = 10.0
"""How often router pods are asked for: a new one has another address."""
MAX_AT_ONCE = 16
"""More routers than that on dead nodes would be given up later."""


@dataclass(slots=True)
class RouterWatch:
    """What is remembered of the routers."""

    observer: Observer
    look: Callable[[str], ServerView]
    """Gives a pod's own server, as it is now."""
    reaches: Callable[[str], bool] = is_reachable
    _pods: tuple[PodView, ...] = ()
    _listed_seconds: float = float("-inf")
    _misses: dict[str, int] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(MAX_AT_ONCE))

    def step(self) -> None:
        """Try every router once, and change labels where they are wrong and this pod speaks for the group."""
        failure = self._list()
        self._try(self._pods)
        sights = [
            RouterSight(pod.name, pod.ready, pod.reachable, self._misses[pod.name]) for pod in self._pods
        ]
        actions = decide_routers(sights)
        if actions:
            self._change(actions)
        if failure is not None:
            raise failure

    def _change(self, actions: Sequence[LabelRouter]) -> None:
        settings, record = self.observer.settings, self.observer.record
        if settings is None or record is None:
            return
        pod = self.observer.pod
        observation = Observation(settings, record, (self.look(pod),))
        if not leads(classify(observation), pod):
            return
        self._listed_seconds = float("-inf")
        performer = performer_of(self.observer, pod, observation, lambda: observation, lambda *_: False)
        for action in actions:
            log.info(action.because, router=action.pod)
            performer.perform(action, record)

    def _list(self) -> InnodbClusterError | None:
        """Read the router pods again when it is time; the last ones count while the API is away."""
        now = self.observer.clock.monotonic_seconds()
        if now - self._listed_seconds < LIST_SECONDS:
            return None
        try:
            found = self.observer.api.list_pods(self.observer.names, "router")
        except InnodbClusterError as error:
            return error
        self._pods = tuple(pod for pod in found if pod.ip and not pod.deleting)
        self._listed_seconds = now
        return None

    def _try(self, pods: Sequence[PodView]) -> None:
        if not pods:
            return
        reached = list(self._pool.map(lambda pod: self.reaches(pod.ip), pods))
        self._misses = {
            pod.name: 0 if is_there else self._misses.get(pod.name, 0) + 1
            for pod, is_there in zip(pods, reached, strict=True)
        }


def look_by_socket(pod: str) -> ServerView:
    """Look at the own server over a connection of this thread's own."""
    with connect_socket(timeouts=QUICK) as session:
        return look(session, pod)
