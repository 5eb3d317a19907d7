"""Remembers since when Kubernetes has ruled out that a silent server runs.

Only what it says of each pod, read as it is now, counts. Not being able to ask, or not having
asked for a while, or one answer to the contrary, and the time begins again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.names import Names
from innodb_cluster.model.observation import GonePod

BREAK_SECONDS = 30.0
"""Longer than two looks are apart, with every time-out on the way."""


@dataclass(slots=True)
class Absence:
    """What one observer knows of pods that cannot be running."""

    names: Names
    api: KubernetesApi
    clock: Clock
    _since: dict[str, float] = field(default_factory=dict)
    _looked_seconds: float = float("-inf")

    def look(self, silent: Sequence[str]) -> tuple[GonePod, ...]:
        """Ask for these pods, and give those that cannot be running."""
        now = self.clock.monotonic_seconds()
        if now - self._looked_seconds > BREAK_SECONDS:
            self._since = {}
        self._looked_seconds = now
        gone = [pod for pod in silent if self._is_gone(pod)]
        self._since = {pod: self._since.get(pod, now) for pod in gone}
        return tuple(GonePod(pod, now - since) for pod, since in self._since.items())

    def _is_gone(self, pod: str) -> bool:
        try:
            found = self.api.read_pod(self.names, pod)
        except InnodbClusterError:
            return False
        # One that does not exist for long is not wanted: somebody has changed the StatefulSet, nothing has failed.
        return found is not None and not found.may_run
