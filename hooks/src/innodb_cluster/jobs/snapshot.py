"""Takes one snapshot: of the right server, with what is known of it, one run at a time.

Killed at any moment it leaves at most a snapshot that becomes good by itself. A run of
the schedule that starts again goes on with the snapshot that it had asked for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from innodb_cluster.decide.snapshots import Source, choose_source, snapshot_name
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import ConflictError
from innodb_cluster.effects.kubernetes.events import EventTarget
from innodb_cluster.effects.log import get_logger
from innodb_cluster.effects.mysql.connection import Session, Timeouts
from innodb_cluster.effects.mysql.quiesce import commits_held_back
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Refusal
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import MadeBy, SnapshotRequest, SnapshotView

log = get_logger()

LEASE_SECONDS = 20
LEASE_PATIENCE_SECONDS = 45.0
"""Longer than the Lease of a run that died lasts."""
HOLD_SECONDS = 30.0
"""How long commits are held back on the secondary at most."""
PAUSE_SECONDS = 0.2
REPEAT_SECONDS = 15.0
"""How often a wait that does not change is reported again."""


@dataclass(frozen=True, slots=True)
class Taker:
    """What a run needs to take a snapshot."""

    settings: Settings
    api: KubernetesApi
    clock: Clock
    observe: Callable[[], Observation]
    connect: Callable[[str, Timeouts], Session]
    holder: str
    """Who holds the Lease: a name that no other run has."""

    def take(self, name: str, made_by: MadeBy, run: str = "") -> SnapshotView:
        """Take a snapshot and wait until it can be restored from.

        Raises:
            ConfigurationError: the name is taken.
            TemporaryError: no server could be chosen, another run is under way, or it is not ready in time.

        """
        before = self._asked_before(run)
        asked = before.name if before else self._ask(name, made_by, run)
        ready = self._wait(asked, "it can be restored from", lambda view: view.is_ready)
        message = f"ready, {ready.size or 'size unknown'}, GTID set {ready.origin.gtid_set or 'unknown'}"
        self._tell(asked, "SnapshotReady", message, warning=False)
        return ready

    def _asked_before(self, run: str) -> SnapshotView | None:
        if not run:
            return None
        return next((view for view in self.api.list_snapshots(self.settings.names) if view.run == run), None)

    def _ask(self, name: str, made_by: MadeBy, run: str) -> str:
        with self._alone():
            source = self._source()
            with self._held_back(source) as gtid_set:
                origin = replace(source.origin, gtid_set=gtid_set or source.origin.gtid_set)
                asked = self._create(name, replace(source, origin=origin), made_by, run)
                self._wait(
                    asked,
                    "its point in time is fixed",
                    lambda view: view.is_cut,
                    is_holding=bool(gtid_set),
                    is_alone=True,
                )
        return asked

    def _create(self, name: str, source: Source, made_by: MadeBy, run: str) -> str:
        names = self.settings.names
        claim = names.claim(source.pod)
        found = self.api.read_claim(claim)
        origin = replace(source.origin, driver=found.driver if found else "")
        while True:
            wanted = name or snapshot_name(names.cluster, self.clock.now())
            class_name = self.settings.snapshots.class_name
            try:
                self.api.create_snapshot(
                    names, SnapshotRequest(wanted, claim, class_name, made_by, origin, run)
                )
            except ConflictError as error:
                if name:
                    raise ConfigurationError(
                        f"there is a VolumeSnapshot {name} already", "choose another name"
                    ) from error
                self.clock.sleep(PAUSE_SECONDS)
            else:
                log.info("asked for a snapshot", name=wanted, server=source.pod, gtid_set=origin.gtid_set)
                return wanted

    def _source(self) -> Source:
        observation = self.observe()
        found = choose_source(observation)
        if isinstance(found, Refusal):
            raise TemporaryError(found.reason, found.what_to_do)
        return found

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the Lease, so that two runs do not take snapshots of the same moment."""
        lease = self.settings.names.snapshot
        end = self.clock.monotonic_seconds() + LEASE_PATIENCE_SECONDS
        while not self.api.acquire_lease(lease, self.holder, LEASE_SECONDS, names=self.settings.names):
            if self.clock.monotonic_seconds() > end:
                raise TemporaryError(f"another run holds Lease {lease}", "wait until its snapshot is taken")
            self.clock.sleep(1.0)
        try:
            yield
        finally:
            self.api.release_lease(lease, self.holder)

    @contextmanager
    def _held_back(self, source: Source) -> Iterator[str]:
        """Hold commits back where the values ask for it, on a secondary alone; gives the GTID set, or nothing."""
        if not self.settings.snapshots.quiesce:
            yield ""
            return
        if source.is_primary:
            log.warning("the server takes writes, so commits are not held back", server=source.pod)
            yield ""
            return
        with self.connect(source.pod, Timeouts()) as session, commits_held_back(session) as gtid_set:
            yield gtid_set

    def _wait(
        self,
        name: str,
        what: str,
        is_done: Callable[[SnapshotView], bool],
        *,
        is_holding: bool = False,
        is_alone: bool = False,
    ) -> SnapshotView:
        started = said = self.clock.monotonic_seconds()
        limit = HOLD_SECONDS if is_holding else float(self.settings.snapshots.timeout_seconds)
        while True:
            view = self.api.read_snapshot(name)
            now = self.clock.monotonic_seconds()
            if view is None or view.is_deleting:
                raise TemporaryError(f"VolumeSnapshot {name} was deleted before {what}")
            if is_done(view):
                log.info("snapshot", name=name, until=what, seconds=round(now - started, 1))
                return view
            if now - started > limit:
                self._give_up(view, what, limit)
            if now - said > REPEAT_SECONDS:
                log.info("waiting for the snapshot", name=name, until=what, error=view.error)
                said = now
            if is_alone and not self.api.renew_lease(self.settings.names.snapshot, self.holder):
                raise TemporaryError(f"Lease {self.settings.names.snapshot} was lost")
            self.clock.sleep(PAUSE_SECONDS)

    def _give_up(self, view: SnapshotView, what: str, limit: float) -> None:
        why = (
            view.error or "no driver has taken it up: is there a VolumeSnapshotClass for the claim's driver?"
        )
        reason = f"VolumeSnapshot {view.name}: {what} - not within {limit:.0f} s: {why}"
        self._tell(view.name, "SnapshotFailed", reason, warning=True)
        raise TemporaryError(reason, f"look at `kubectl describe volumesnapshot {view.name}`")

    def _tell(self, name: str, reason: str, message: str, *, warning: bool) -> None:
        self.api.emit_event(EventTarget("VolumeSnapshot", name), reason, message, warning=warning)
