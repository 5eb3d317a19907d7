"""Makes the observation that an agent decides on, asking no more than it must."""

from dataclasses import dataclass, field, replace

import structlog

from innodb_cluster.agent.absence import Absence
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import (
    QUICK,
    Session,
    Timeouts,
    connect_socket,
    connect_tcp,
)
from innodb_cluster.effects.mysql.members import look, look_at_all
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT, Names
from innodb_cluster.model.observation import GonePod, MemberState, Observation, ServerView, pods_that_count
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import LostQuorum, Settings

log = structlog.get_logger()

SETTLED_REFRESH_SECONDS = 20.0
"""How old the record and the settings may be while the member is ONLINE."""


@dataclass(slots=True)
class Observer:
    """Looks at the own server, at the others when needed, and at the record."""

    names: Names
    pod: str
    api: KubernetesApi
    secrets: MountedSecrets
    clock: Clock
    settings: Settings | None = None
    record: Record | None = None
    _refreshed_seconds: float = field(default=float("-inf"))
    _session: Session | None = None
    _absence: Absence | None = None

    def observe(self) -> Observation | None:
        """Look once; None while neither record nor settings could ever be read."""
        own = self._look_at_own()
        settled = own is not None and own.state is MemberState.ONLINE
        created = self.record is not None and self.record.is_bootstrapped
        # A group of another name than the last record's: a newer one must say whose it is.
        is_known = self.record is not None and own is not None and self.record.group_name == own.group_name
        self.refresh(SETTLED_REFRESH_SECONDS if settled and created and is_known else 0.0)
        if self.settings is None:
            return None
        servers: tuple[ServerView, ...] = (own,) if own else ()
        if settled and own is not None and self._is_whole(own):
            return Observation(self.settings, self.record, servers)
        pods = pods_that_count(self.settings, self.record)
        others, silent = look_at_all([pod for pod in pods if pod != self.pod], self._connect_to_other)
        if own is None:
            return Observation(self.settings, self.record, others, (*silent, self.pod))
        observation = Observation(self.settings, self.record, (own, *others), tuple(silent))
        if own.state.in_group:
            return observation
        return replace(observation, gone=self._gone(observation), ending=self._is_ending())

    def connect(self, pod: str, timeouts: Timeouts) -> Session:
        """Open a session for an action: to the own server by socket, to others as administrator."""
        if pod == self.pod:
            return connect_socket(timeouts=timeouts)
        return connect_tcp(
            self.names.host(pod), MYSQL_PORT, ADMIN_ACCOUNT, self.secrets.admin_password, timeouts=timeouts
        )

    def refresh(self, max_age_seconds: float) -> bool:
        """Read record and settings again when older; keep the last ones, and say so, while the API is away."""
        now = self.clock.monotonic_seconds()
        if now - self._refreshed_seconds < max_age_seconds:
            return True
        try:
            self.settings = self.api.read_settings(self.names)
            found = self.api.read_record(self.names)
        except InnodbClusterError as error:
            log.warning("the record cannot be read, the last one counts", reason=error.reason)
            return False
        self.record = found[0] if found else None
        self._refreshed_seconds = now
        return True

    def _gone(self, observation: Observation) -> tuple[GonePod, ...]:
        """Ask Kubernetes about silent servers, where the policy makes it matter; otherwise forget what it said."""
        asked = observation.silent if observation.settings.lost_quorum is LostQuorum.AUTOMATIC else ()
        if self._absence is None:
            self._absence = Absence(self.names, self.api, self.clock)
        return self._absence.look(asked)

    def _is_ending(self) -> bool:
        """Whether the own pod is being deleted, or is gone already; while the API is away nothing says so."""
        try:
            found = self.api.read_pod(self.names, self.pod)
        except InnodbClusterError:
            return False
        return found is None or found.deleting

    def _look_at_own(self) -> ServerView | None:
        try:
            if self._session is None:
                self._session = connect_socket(timeouts=QUICK)
            return look(self._session, self.pod)
        except InnodbClusterError as error:
            log.debug("the server does not answer", reason=error.reason)
            if self._session is not None:
                self._session.close()
                self._session = None
            return None

    def _is_whole(self, own: ServerView) -> bool:
        """Whether the own view shows every configured member ONLINE, so that nobody needs asking."""
        online = {member.pod for member in own.view if member.state is MemberState.ONLINE}
        return self.settings is not None and set(self.settings.pods) <= online

    def _connect_to_other(self, pod: str) -> Session:
        return self.connect(pod, QUICK)
