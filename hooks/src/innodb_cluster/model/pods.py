"""Pods and workloads as this product looks at them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container of a pod; init containers are listed too."""

    name: str
    ready: bool
    restarts: int
    waiting_reason: str = ""
    """``ErrImagePull``, ``CrashLoopBackOff``, ``CreateContainerConfigError`` …; empty when it does not wait."""
    waiting_message: str = ""


@dataclass(frozen=True, slots=True)
class PodView:
    """One server or router pod."""

    name: str
    ordinal: int | None
    """Ordinal of a server pod, None for a router."""
    ip: str
    """Empty until the pod has a network."""
    node: str
    """Empty until the pod is scheduled."""
    phase: str
    ready: bool
    containers: tuple[ContainerView, ...]
    role: str = ""
    """Value of the role label, empty without one."""
    reachable: bool = True
    """Whether the client Service may lead to this router pod, by its label."""
    deleting: bool = False
    unschedulable: str = ""
    """The scheduler's message when no node takes the pod."""
    uid: str = ""
    revision: str = ""
    """Template that a server pod was made from: label ``controller-revision-hash``."""

    @property
    def may_run(self) -> bool:
        """Whether a process of it may be running somewhere.

        Not before it has a node, nor after it has ended. All that was ever called by its name has
        ended then too: Kubernetes makes a StatefulSet's pod anew only when it takes that for certain.
        """
        return bool(self.node) and self.phase not in {"Succeeded", "Failed"}

    @property
    def waiting(self) -> str:
        """Say in one line why the pod does not start; empty when nothing is known to hold it."""
        for container in self.containers:
            if container.waiting_reason and container.waiting_reason not in _BENIGN_REASONS:
                detail = f": {container.waiting_message}" if container.waiting_message else ""
                return f"container {container.name} {container.waiting_reason}{detail}"
        return f"no node takes it: {self.unschedulable}" if self.unschedulable else ""


@dataclass(frozen=True, slots=True)
class WarningView:
    """A warning that a component of Kubernetes gave about an object."""

    kind: str
    name: str
    reason: str
    """``ProvisioningFailed``, ``FailedMount``, ``FailedCreate`` …"""
    message: str


@dataclass(frozen=True, slots=True)
class WorkloadView:
    """A StatefulSet or Deployment: how many pods it wants and has."""

    name: str
    replicas: int
    ready_replicas: int
    updated_replicas: int
    is_settled: bool
    """Whether its controller has seen the newest specification and rolled it out."""
    is_observed: bool = True
    """Whether its controller has seen the newest specification."""
    update_revision: str = ""
    """Newest template of a StatefulSet; empty for a Deployment."""


@dataclass(frozen=True, slots=True)
class ServerRollout:
    """The server pods beside the template that they should be of."""

    update_revision: str
    """Newest template; empty while the controller has not seen the newest specification."""
    pods: tuple[PodView, ...]

    def pod(self, name: str) -> PodView | None:
        """Give the pod of this name when it exists."""
        return next((pod for pod in self.pods if pod.name == name), None)

    def is_outdated(self, pod: PodView) -> bool:
        """Whether this pod is of an older template and has not been told to end yet."""
        return bool(self.update_revision) and pod.revision != self.update_revision and not pod.deleting


_BENIGN_REASONS = {"PodInitializing", "ContainerCreating"}
