"""The Kubernetes API as jobs and agent see it: one object, typed values in and out."""

from collections.abc import Callable, Mapping
from contextlib import suppress

from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.kubernetes import (
    claims,
    configmaps,
    labels,
    pods,
    secrets,
    snapshots,
    warnings,
    workloads,
)
from innodb_cluster.effects.kubernetes.client import KubernetesClient, Transport
from innodb_cluster.effects.kubernetes.events import EventRecorder, EventTarget
from innodb_cluster.effects.kubernetes.leases import Leases
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.names import Names
from innodb_cluster.model.pods import PodView, WarningView, WorkloadView
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshot_settings import ClaimSettings
from innodb_cluster.model.snapshots import ClaimView, SnapshotRequest, SnapshotView


class KubernetesApi:
    """Everything that this product asks of Kubernetes, in one namespace.

    Every method may raise TemporaryError (the API is away or overloaded) and
    ConfigurationError (the Role does not allow it); more is said where it applies.
    """

    def __init__(
        self, namespace: str, transport: Transport | None = None, clock: Clock | None = None
    ) -> None:
        """Talk to the API of this pod or kubeconfig; tests give another transport and clock."""
        self._clock = clock or SystemClock()
        self._client = KubernetesClient(namespace, transport)
        self._leases = Leases(self._client, self._clock)
        self._events = EventRecorder(self._client, self._clock)

    def list_pods(self, names: Names, component: str) -> tuple[PodView, ...]:
        """List the pods of component ``server`` (by ordinal) or ``router``."""
        return pods.list_pods(self._client, names, component)

    def read_pod(self, names: Names, pod: str) -> PodView | None:
        """Read one pod as it is now, None when there is none."""
        return pods.read_pod(self._client, names, pod)

    def list_warnings(self) -> tuple[WarningView, ...]:
        """List the warnings that Kubernetes gave in this namespace, the newest last."""
        return warnings.list_warnings(self._client)

    def label_pod_role(self, pod: str, role: str | None) -> None:
        """Set or remove (None) the role label of a pod; NotFoundError without the pod."""
        pods.label_pod_role(self._client, pod, role)

    def label_pod_reachable(self, pod: str, *, reachable: bool) -> None:
        """Let the client Service lead to a router pod, or not; NotFoundError without the pod."""
        pods.label_pod_reachable(self._client, pod, reachable=reachable)

    def read_settings(self, names: Names) -> Settings:
        """Read what the values ask for now; NotFoundError before the chart is installed."""
        return configmaps.read_settings(self._client, names)

    def read_mycnf(self, names: Names) -> str:
        """Read the file that servers read as ``serverConfig.mycnf``; NotFoundError before the chart is installed."""
        return configmaps.read_mycnf(self._client, names)

    def read_record(self, names: Names) -> tuple[Record, str] | None:
        """Give the record and its version, None when it has not been made."""
        return configmaps.read_record(self._client, names)

    def create_record(self, names: Names, record: Record) -> bool:
        """Make the record; False when there is one, which is left as it is."""
        return configmaps.create_record(self._client, names, record)

    def update_record(self, names: Names, change: Callable[[Record], Record]) -> Record:
        """Change the record by compare-and-swap; TemporaryError when it is missing or contended."""
        return configmaps.update_record(self._client, names, change, self._clock)

    def read_secret(self, name: str) -> dict[str, str] | None:
        """Give a Secret's decoded values, None when there is no such Secret."""
        return secrets.read_secret(self._client, name)

    def create_secret(self, names: Names, name: str, values: Mapping[str, str]) -> bool:
        """Make a Secret that outlives the release; False when it exists, which is left as it is."""
        return secrets.create_secret(self._client, names, name, values)

    def patch_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Set these keys of a Secret and leave the others; NotFoundError without one."""
        secrets.patch_secret(self._client, name, values)

    def acquire_lease(
        self, name: str, holder: str, duration_seconds: int, names: Names | None = None
    ) -> bool:
        """Take a Lease that is free, expired or held already; True when it is held now.

        With ``names``, one that has to be made carries the labels by which a cluster's remains are found.
        """
        return self._leases.acquire(name, holder, duration_seconds, labels.owned(names) if names else None)

    def renew_lease(self, name: str, holder: str) -> bool:
        """Prolong a Lease; False when it was lost, and then the holder must stop acting."""
        return self._leases.renew(name, holder)

    def release_lease(self, name: str, holder: str) -> None:
        """Give a Lease back; nothing happens when it is not this holder's any more."""
        self._leases.release(name, holder)

    def read_servers(self, names: Names) -> WorkloadView | None:
        """Read the servers' StatefulSet, None when there is none."""
        return workloads.read_servers(self._client, names)

    def read_claim_template(self, names: Names) -> ClaimSettings | None:
        """Read the claim template of the servers' StatefulSet, None when there is no StatefulSet."""
        return claims.read_claim_template(self._client, names)

    def grow_claim(self, name: str, storage: str, *, only_try: bool) -> None:
        """Ask for a larger volume; ConfigurationError when its class does not let it grow."""
        claims.grow_claim(self._client, name, storage, only_try=only_try)

    def orphan_servers(self, names: Names) -> bool:
        """Take the servers' StatefulSet away from its pods; True when it is gone, else call it again."""
        return claims.orphan_servers(self._client, names)

    def touch_servers(self, names: Names, when: str) -> None:
        """Have the servers' StatefulSet looked at again by its controller, at once."""
        workloads.touch_servers(self._client, names, when)

    def read_routers(self, names: Names) -> WorkloadView | None:
        """Read the routers' Deployment, None when there is none."""
        return workloads.read_routers(self._client, names)

    def list_snapshots(self, names: Names) -> tuple[SnapshotView, ...]:
        """List the snapshots of this cluster's servers, whoever made them."""
        return snapshots.list_snapshots(self._client, names)

    def read_snapshot(self, name: str) -> SnapshotView | None:
        """Read a snapshot, None when there is none."""
        return snapshots.read_snapshot(self._client, name)

    def create_snapshot(self, names: Names, request: SnapshotRequest) -> SnapshotView:
        """Ask for a snapshot; ConflictError when its name is taken."""
        return snapshots.create_snapshot(self._client, names, request)

    def delete_snapshot(self, name: str, uid: str) -> None:
        """Delete this very snapshot; NotFoundError or ConflictError when it is not there any more."""
        snapshots.delete_snapshot(self._client, name, uid)

    def read_claim(self, name: str) -> ClaimView | None:
        """Read a claim, None when there is none."""
        return snapshots.read_claim(self._client, name)

    def create_claim(self, settings: Settings, name: str, snapshot: str) -> None:
        """Make a server's claim from a snapshot; ConflictError while there is one of that name."""
        snapshots.create_claim(self._client, settings, name, snapshot)

    def drop_claim(self, name: str, uid: str, *, hold: bool) -> None:
        """Delete this very claim; with ``hold`` its name stays taken until ``release_claim``."""
        if hold:
            snapshots.hold_claim(self._client, name, uid)
        snapshots.delete_claim(self._client, name, uid)

    def release_claim(self, name: str) -> None:
        """Let a held claim go; nothing happens when there is none."""
        snapshots.release_claim(self._client, name)

    def delete_pod(self, name: str, uid: str, grace_seconds: int | None = None) -> None:
        """End this very pod, the graceful way unless seconds are given; NotFoundError or ConflictError when it is not there any more."""
        pods.delete_pod(self._client, name, uid, grace_seconds)

    def emit_event(
        self, pod_or_object: str | EventTarget, reason: str, message: str, *, warning: bool
    ) -> None:
        """Emit an Event on a pod (by name) or another object; never fails: an Event is a courtesy."""
        target = (
            pod_or_object if isinstance(pod_or_object, EventTarget) else EventTarget("Pod", pod_or_object)
        )
        with suppress(InnodbClusterError):
            self._events.emit(target, reason, message, warning=warning)
