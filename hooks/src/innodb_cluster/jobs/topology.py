"""Looks at what a change of topology must know beyond the servers' own views, and for how long it has waited."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from innodb_cluster.decide.health import Health
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.mysql.connection import PATIENT, QUICK, Session, Timeouts
from innodb_cluster.effects.mysql.topology import count_long_transactions, find_unfit_tables
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.topology import UnfitTable

Connect = Callable[[str, Timeouts], Session]


@dataclass(slots=True)
class TopologyWatch:
    """What one run of the converge Job remembers about the topology."""

    connect: Connect
    clock: Clock
    _incomplete_since_seconds: float | None = None
    _switchover_since_seconds: float | None = None
    _split_since_seconds: float | None = None

    def look(self, observation: Observation, health: Health, progress: Progress) -> Progress:
        """Add what is known now to the progress of this run."""
        now = self.clock.monotonic_seconds()
        is_complete = bool(health.primaries) and set(observation.settings.pods) <= set(health.online)
        self._incomplete_since_seconds = (
            None if is_complete else _earlier(self._incomplete_since_seconds, now)
        )
        self._split_since_seconds = _earlier(self._split_since_seconds, now) if health.is_split else None
        is_switchover = is_complete and asks_for_switchover(observation, health)
        self._switchover_since_seconds = (
            _earlier(self._switchover_since_seconds, now) if is_switchover else None
        )
        return replace(
            progress,
            incomplete_seconds=now - _earlier(self._incomplete_since_seconds, now),
            split_seconds=now - _earlier(self._split_since_seconds, now),
            switchover_seconds=now - _earlier(self._switchover_since_seconds, now),
            long_transactions=self._long_transactions(health) if is_switchover else 0,
            unfit_tables=look_for_unfit_tables(observation, health, self.connect) if is_complete else None,
        )

    def _long_transactions(self, health: Health) -> int:
        # A primary that does not answer would not switch either.
        with suppress(InnodbClusterError), self.connect(health.primaries[0], QUICK) as session:
            return count_long_transactions(session)
        return 0


def asks_for_switchover(observation: Observation, health: Health) -> bool:
    """Whether another pod than the primary is asked for, by a value that is new."""
    wanted, record = observation.settings.topology_primary, observation.record
    is_new = record is not None and wanted != record.topology_primary
    return is_new and bool(wanted) and wanted not in health.primaries


def look_for_unfit_tables(
    observation: Observation, health: Health, connect: Connect
) -> tuple[UnfitTable, ...] | None:
    """Name the tables that stand against multi-primary mode, if that is where the group is to go."""
    asks = observation.settings.topology_mode is TopologyMode.MULTI_PRIMARY
    if not asks or health.authority is None or health.authority.mode is TopologyMode.MULTI_PRIMARY:
        return None
    with suppress(InnodbClusterError), connect(health.primaries[0], PATIENT) as session:
        return find_unfit_tables(session)
    return None


def _earlier(since_seconds: float | None, now_seconds: float) -> float:
    return now_seconds if since_seconds is None else since_seconds
