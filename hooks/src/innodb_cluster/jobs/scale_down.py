"""Lets members leave for good, before Helm removes their pods; part of the prepare Job.

Without fewer servers in the values it reads one ConfigMap and no server is asked.
Killing it at any moment is safe: see ``decide/scale_down.py``.
"""

from collections.abc import Callable
from dataclasses import replace

import structlog

from innodb_cluster.decide.scale_down import decide_scale_down, shrinks
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import write_private
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.leaving import LeavingAction, perform
from innodb_cluster.effects.mysql.connection import Session, Timeouts, connect_tcp
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.model.actions import RecordAdmitted, RecordMembers, RetireMember, SwitchPrimary, describe
from innodb_cluster.model.certificates import CA_CERT
from innodb_cluster.model.credentials import ADMIN_PASSWORD_KEY
from innodb_cluster.model.errors import InnodbClusterError, RefusedError, TemporaryError
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.settings import Settings

log = structlog.get_logger()

Connect = Callable[[str, Timeouts], Session]
LOOK = Timeouts(connect_seconds=2, read_seconds=3)
PATIENCE_SECONDS = 10.0
"""How long a refusal must be true before it is believed: a member may just be coming back."""


def reach_servers(settings: Settings, api: KubernetesApi, paths: Paths = PATHS) -> Connect:
    """Give a way to the servers as the internal administrator.

    This Job runs before the Secrets exist at an install, so they are not mounted.
    """
    authority = (api.read_secret(settings.tls.ca_secret) or {}).get(CA_CERT, "")
    password = (api.read_secret(settings.names.internal_secret) or {}).get(ADMIN_PASSWORD_KEY, "")
    file = paths.prepare_ca_file
    write_private(file, authority)

    def connect(pod: str, timeouts: Timeouts) -> Session:
        host = settings.names.host(pod)
        return connect_tcp(host, MYSQL_PORT, ADMIN_ACCOUNT, password, str(file), timeouts)

    return connect


class ScaleDown:
    """One run."""

    def __init__(
        self, settings: Settings, api: KubernetesApi, clock: Clock, reach: Callable[[], Connect]
    ) -> None:
        """Get ready; nothing is asked yet. ``reach`` gives the way to the servers, should one be needed."""
        self._settings = settings
        self._api = api
        self._clock = clock
        self._reach = reach
        self._way: Connect | None = None
        self._refused_since: float | None = None
        self._said = ""

    def run(self, deadline_seconds: float) -> None:
        """Observe, decide and perform until nobody has to leave any more.

        Raises:
            RefusedError: it would lose the majority or the only copy of something.
            TemporaryError: the deadline (on the clock's monotonic time) has come; it names what was waited for.

        """
        while True:
            plan = self._decide()
            if plan.done:
                return
            self._say(plan)
            self._refuse(plan)
            if self._clock.monotonic_seconds() > deadline_seconds:
                raise TemporaryError(f"out of time: {plan.because}", "mend that and run helm upgrade again")
            self._perform(plan)
            self._clock.sleep(plan.requeue_after_seconds)

    def _decide(self) -> Plan:
        found = self._api.read_record(self._settings.names)
        record = found[0] if found else None
        target = self._settings.server_instances
        if record is None or not shrinks(record, target):
            return decide_scale_down(Observation(self._settings, record, ()), target)
        # As if nothing had changed yet: every pod that may hold data is asked and counted.
        before = replace(self._settings, server_instances=record.members)
        connect = self._connect
        servers, silent = look_at_all(before.pods, lambda pod: connect(pod, LOOK))
        return decide_scale_down(Observation(before, record, servers, tuple(silent)), target)

    @property
    def _connect(self) -> Connect:
        if self._way is None:
            self._way = self._reach()
        return self._way

    def _perform(self, plan: Plan) -> None:
        for action in plan.actions:
            match action:
                case RecordAdmitted() | SwitchPrimary() | RetireMember() | RecordMembers():
                    if not self._try(action):
                        return
                case _:
                    message = f"{action} is none of this Job's"
                    raise AssertionError(message)

    def _try(self, action: LeavingAction) -> bool:
        log.info("doing", action=describe(action))
        try:
            perform(action, self._settings.names, self._api, self._connect)
        except InnodbClusterError as error:
            log.warning("not done", action=type(action).__name__, reason=error.reason)
            return False
        return True

    def _refuse(self, plan: Plan) -> None:
        """Raise for a refusal that has been true for a while."""
        now = self._clock.monotonic_seconds()
        if plan.refusal is None:
            self._refused_since = None
            return
        if self._refused_since is None:
            self._refused_since = now
        if now - self._refused_since >= PATIENCE_SECONDS:
            raise RefusedError(plan.refusal.reason, plan.refusal.what_to_do)

    def _say(self, plan: Plan) -> None:
        if plan.because != self._said:
            self._said = plan.because
            log.info(plan.because, state=plan.state.value)
