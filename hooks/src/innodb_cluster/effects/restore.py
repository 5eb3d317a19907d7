"""Carries out the actions of a restore."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import uuid4

import structlog

from innodb_cluster.decide.snapshots import snapshot_name
from innodb_cluster.effects.clock import Clock, rfc3339_micro
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import ConflictError, NotFoundError
from innodb_cluster.effects.kubernetes.events import EventTarget
from innodb_cluster.effects.mysql.connection import PATIENT, Session, Timeouts
from innodb_cluster.effects.mysql.restored import forget_replication
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import (
    BeginReplacement,
    BeginRestore,
    BeginStart,
    DropClaim,
    DropSafety,
    FinishRestore,
    ForgetReplication,
    RemakeClaim,
    RestoreAction,
    RestorePhase,
    StopPod,
    TakeSafety,
    WakeController,
)
from innodb_cluster.model.settings import Settings

log = structlog.get_logger()

STOP_SECONDS = 2
"""Grace of a server whose data is given up."""
REMAKE_SECONDS = 5.0
REMAKE_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Restorer:
    """What the actions of a restore need."""

    settings: Settings
    api: KubernetesApi
    clock: Clock
    connect: Callable[[str, Timeouts], Session]

    def perform(self, action: RestoreAction) -> None:
        """Carry out one action; each may be repeated.

        Raises:
            TemporaryError: it did not work this time; the next observation decides anew.

        """
        match action:
            case BeginRestore(key):
                safety = snapshot_name(self.settings.names.cluster, self.clock.now())
                self._record(restore_phase=RestorePhase.SAFETY, restore_key=key, restore_safety=safety)
            case TakeSafety(request):
                with suppress(ConflictError):
                    self.api.create_snapshot(self.settings.names, request)
            case DropSafety(name, uid):
                with suppress(NotFoundError, ConflictError):
                    self.api.delete_snapshot(name, uid)
            case BeginReplacement(key, claims):
                self._begin_replacement(key, claims)
            case DropClaim(claim, uid, hold):
                with suppress(NotFoundError, ConflictError):
                    self.api.drop_claim(claim, uid, hold=hold)
            case StopPod(pod, uid):
                with suppress(NotFoundError, ConflictError):
                    self.api.delete_pod(pod, uid, STOP_SECONDS)
            case RemakeClaim(claim, snapshot, is_held):
                self._remake(claim, snapshot, is_held=is_held)
            case WakeController():
                self.api.touch_servers(self.settings.names, rfc3339_micro(self.clock.now()))
            case BeginStart():
                self._record(restore_phase=RestorePhase.START, group_name=str(uuid4()))
            case ForgetReplication(pod):
                with self.connect(pod, PATIENT) as session:
                    forget_replication(session)
            case FinishRestore(key):
                if key:
                    self._tell(
                        "Restored", f"the data of {key.partition('#')[0]} is back, the group is made from it"
                    )
                self._record(
                    restore_phase=RestorePhase.NONE, restore_key="", restore_claims="", restore_applied=key
                )
            case _:
                assert_never(action)

    def _begin_replacement(self, key: str, claims: tuple[str, ...]) -> None:
        self._tell(
            "Restoring",
            f"{key.partition('#')[0]} takes the place of the servers' data: their volumes are replaced",
        )
        self._record(
            restore_phase=RestorePhase.REPLACE,
            restore_key=key,
            restore_claims=",".join(claims),
            restore_identity=str(uuid4()),
            bootstrapped="",
            server_instances="",
            seed=self.settings.names.pod(0),
        )

    def _remake(self, claim: str, snapshot: str, *, is_held: bool) -> None:
        """Let the name go and take it again at once: the StatefulSet's controller wants it too."""
        if is_held:
            self.api.release_claim(claim)
        end = self.clock.monotonic_seconds() + REMAKE_SECONDS
        while True:
            try:
                self.api.create_claim(self.settings, claim, snapshot)
            except ConflictError:
                found = self.api.read_claim(claim)
                if found is not None and not found.is_deleting:
                    log.info("somebody else made the claim, it is replaced again", claim=claim)
                    return
                if self.clock.monotonic_seconds() > end:
                    raise TemporaryError(f"claim {claim} does not go away") from None
                self.clock.sleep(REMAKE_PAUSE_SECONDS)
            else:
                return

    def _tell(self, reason: str, message: str) -> None:
        target = EventTarget("StatefulSet", self.settings.names.cluster)
        self.api.emit_event(target, reason, message, warning=False)

    def _record(self, **fields: str) -> None:
        def change(record: Record) -> Record:
            return replace(record, **fields)

        self.api.update_record(self.settings.names, change)
