"""Leases: at most one holder at a time, also when a holder dies or clocks differ.

A Lease that someone else holds is taken over only after this process itself has seen
it unchanged for its whole duration, on its own monotonic clock: the times written in
the Lease are for people (client-go's leader election works the same way). Every write
names the resourceVersion that it is based on, so of two that try, one gets a conflict.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from innodb_cluster.effects.clock import Clock, rfc3339_micro
from innodb_cluster.effects.kubernetes.client import (
    LEASES,
    ConflictError,
    Document,
    KubernetesClient,
    NotFoundError,
)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """When a version of a Lease was first seen by this process."""

    version: str
    at_seconds: float


class Leases:
    """The Leases of one namespace, with the memory that expiry by observation needs."""

    def __init__(self, client: KubernetesClient, clock: Clock) -> None:
        """Start without having seen any Lease."""
        self._client = client
        self._clock = clock
        self._sightings: dict[str, _Sighting] = {}

    def acquire(
        self, name: str, holder: str, duration_seconds: int, labels: Mapping[str, str] | None = None
    ) -> bool:
        """Take the Lease when it is free, expired or already this holder's; True when held now.

        Call it again while it gives False: expiry is only seen by looking repeatedly.
        """
        try:
            lease = self._client.get(LEASES, name)
        except NotFoundError:
            return self._create(name, holder, duration_seconds, labels or {})
        spec = lease.get("spec") or {}
        current = spec.get("holderIdentity") or ""
        if current not in ("", holder) and not self._expired(name, lease):
            return False
        taken = {**self._held(holder, duration_seconds), **self._history(spec, holder)}
        return self._write(name, lease, taken)

    def renew(self, name: str, holder: str) -> bool:
        """Prolong a Lease that this holder has; False when it was lost, and then stop acting at once."""
        lease = self._read_own(name, holder)
        if lease is None:
            return False
        return self._write(name, lease, {"renewTime": rfc3339_micro(self._clock.now())})

    def release(self, name: str, holder: str) -> None:
        """Give the Lease back; nothing happens when it is not this holder's any more."""
        lease = self._read_own(name, holder)
        if lease is not None:
            self._write(name, lease, {"holderIdentity": ""})

    def _read_own(self, name: str, holder: str) -> Document | None:
        try:
            lease = self._client.get(LEASES, name)
        except NotFoundError:
            return None
        return lease if (lease.get("spec") or {}).get("holderIdentity") == holder else None

    def _create(self, name: str, holder: str, duration_seconds: int, labels: Mapping[str, str]) -> bool:
        spec = {**self._held(holder, duration_seconds), "leaseTransitions": 0}
        document = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "labels": dict(labels)},
            "spec": spec,
        }
        try:
            self._client.create(LEASES, document)
        except ConflictError:
            return False
        return True

    def _write(self, name: str, lease: Document, spec: Document) -> bool:
        version = lease["metadata"]["resourceVersion"]
        try:
            self._client.patch(LEASES, name, {"metadata": {"resourceVersion": version}, "spec": spec})
        except (ConflictError, NotFoundError):
            return False
        return True

    def _expired(self, name: str, lease: Document) -> bool:
        version, now = lease["metadata"]["resourceVersion"], self._clock.monotonic_seconds()
        seen = self._sightings.get(name)
        if seen is None or seen.version != version:
            self._sightings[name] = _Sighting(version, now)
            return False
        duration_seconds = int((lease.get("spec") or {}).get("leaseDurationSeconds") or 0)
        return now - seen.at_seconds >= duration_seconds

    def _held(self, holder: str, duration_seconds: int) -> Document:
        now = rfc3339_micro(self._clock.now())
        return {
            "holderIdentity": holder,
            "leaseDurationSeconds": duration_seconds,
            "acquireTime": now,
            "renewTime": now,
        }

    def _history(self, spec: Document, holder: str) -> Document:
        changes = int(spec.get("leaseTransitions") or 0)
        if spec.get("holderIdentity") == holder:
            return {"leaseTransitions": changes, "acquireTime": spec.get("acquireTime")}
        return {"leaseTransitions": changes + 1}
