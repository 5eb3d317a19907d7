"""Every Event that this product emits: made here, on a pod or another object of the release.

The same Event again within the window raises the count of the first one instead of
making another, as client-go's recorder does, so that a loop cannot flood etcd.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from innodb_cluster.effects.clock import Clock, rfc3339
from innodb_cluster.effects.kubernetes.client import (
    CONFIG_MAPS,
    DEPLOYMENTS,
    EVENTS,
    PODS,
    STATEFUL_SETS,
    VOLUME_SNAPSHOTS,
    Document,
    KubernetesClient,
    NotFoundError,
    Resource,
)

MAX_MESSAGE_CHARACTERS = 1000
"""Below the API's limit of 1,024 bytes for a message (validation of core/v1 Events)."""
REPEAT_WINDOW = timedelta(minutes=10)
MIN_REPEAT_INTERVAL = timedelta(minutes=1)
_MAX_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class EventTarget:
    """What an Event is about."""

    kind: str
    name: str

    @property
    def resource(self) -> Resource:
        """Give the resource behind the kind."""
        return _RESOURCES[self.kind]

    @property
    def api_version(self) -> str:
        """Give ``group/version`` as objects name it."""
        resource = self.resource
        return f"{resource.group}/{resource.version}" if resource.group else resource.version


_RESOURCES = {
    "Pod": PODS,
    "ConfigMap": CONFIG_MAPS,
    "StatefulSet": STATEFUL_SETS,
    "Deployment": DEPLOYMENTS,
    "VolumeSnapshot": VOLUME_SNAPSHOTS,
}


@dataclass(frozen=True, slots=True)
class _Emitted:
    name: str
    count: int
    first: datetime
    last: datetime


class EventRecorder:
    """Emits Events, once each within the window."""

    def __init__(self, client: KubernetesClient, clock: Clock) -> None:
        """Start without having emitted any."""
        self._client = client
        self._clock = clock
        self._uids: dict[EventTarget, str] = {}
        self._emitted: dict[tuple[EventTarget, str, str], _Emitted] = {}

    def emit(self, target: EventTarget, reason: str, message: str, *, warning: bool) -> None:
        """Emit an Event with a CamelCase reason.

        Raises:
            NotFoundError: what it is about does not exist.
            TemporaryError: the API does not answer.

        """
        key, now = (target, reason, message), self._clock.now()
        before = self._emitted.get(key)
        if before is not None and now - before.first < REPEAT_WINDOW:
            if now - before.last >= MIN_REPEAT_INTERVAL:
                self._emitted[key] = self._repeat(before, now)
            return
        document = self._document(target, reason, message, "Warning" if warning else "Normal")
        name = self._client.create(EVENTS, document)["metadata"]["name"]
        while len(self._emitted) >= _MAX_REMEMBERED:
            del self._emitted[next(iter(self._emitted))]
        self._emitted[key] = _Emitted(name, 1, now, now)

    def _repeat(self, before: _Emitted, now: datetime) -> _Emitted:
        after = _Emitted(before.name, before.count + 1, before.first, now)
        try:
            self._client.patch(EVENTS, after.name, {"count": after.count, "lastTimestamp": rfc3339(now)})
        except NotFoundError:
            # Events live for an hour by default; this one was removed early, and saying it again can wait.
            return before
        return after

    def _document(self, target: EventTarget, reason: str, message: str, kind: str) -> Document:
        now = rfc3339(self._clock.now())
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{target.name}."},
            "involvedObject": {
                "apiVersion": target.api_version,
                "kind": target.kind,
                "namespace": self._client.namespace,
                "name": target.name,
                "uid": self._uid(target),
            },
            "reason": reason,
            "message": message[:MAX_MESSAGE_CHARACTERS],
            "type": kind,
            "source": {"component": "innodb-cluster"},
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
        }

    def _uid(self, target: EventTarget) -> str:
        """Read the object's uid, by which ``kubectl describe`` finds its Events."""
        if target not in self._uids:
            self._uids[target] = self._client.get(target.resource, target.name)["metadata"]["uid"]
        return self._uids[target]
