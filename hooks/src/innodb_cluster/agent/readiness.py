"""Whether a server pod is ready.

Before the cluster exists a server is ready as soon as mysqld answers, so that tools
that wait for readiness reach the post-install hook. Afterwards only an ONLINE member
is ready.
"""

import threading
from dataclasses import dataclass, field

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import QUICK, Session, connect_socket
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.record import Record


def is_ready(state: MemberState | None, *, cluster_exists: bool | None) -> tuple[bool, str]:
    """Decide, and say why. ``state`` is None when mysqld does not answer.

    ``cluster_exists`` is None while that is not known (the API has not answered yet):
    then only an ONLINE member is ready.
    """
    if state is None:
        return False, "mysqld does not answer"
    if state is MemberState.ONLINE:
        return True, "the member is ONLINE"
    if cluster_exists is False:
        return True, "mysqld answers and the cluster has not been created yet"
    return False, f"the member is {state.value}"


@dataclass(slots=True)
class Readiness:
    """Answers the kubelet's probe, whatever the agent's loop is doing."""

    _cluster_exists: bool | None = None
    _session: Session | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def learn(self, record: Record | None, *, known: bool) -> None:
        """Take over what the loop has read; a cluster that exists never stops to."""
        if known and not self._cluster_exists:
            self._cluster_exists = record is not None and record.is_bootstrapped

    def check(self) -> tuple[bool, str]:
        """Ask the server for its state and decide."""
        with self._lock:
            return is_ready(self._state(), cluster_exists=self._cluster_exists)

    def _state(self) -> MemberState | None:
        try:
            if self._session is None:
                self._session = connect_socket(timeouts=QUICK)
            rows = self._session.query(statements.OWN_STATE)
        except InnodbClusterError:
            if self._session is not None:
                self._session.close()
                self._session = None
            return None
        return MemberState(rows[0]["state"]) if rows else MemberState.OFFLINE
