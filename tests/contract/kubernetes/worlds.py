"""The same API twice: in memory, and the real one of the local cluster."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import HttpTransport, KubernetesClient
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable

    from innodb_cluster.effects.kubernetes.client import Transport

LOCAL_KUBECONFIG = Path(__file__).parents[3] / ".cluster" / "kubeconfig"


@dataclass(frozen=True)
class World:
    """One API, and a namespace in it that belongs to one test module."""

    transport: Transport
    namespace: str

    @property
    def names(self) -> Names:
        return Names("db", self.namespace)

    def client(self) -> KubernetesClient:
        return KubernetesClient(self.namespace, self.transport)

    def api(self) -> KubernetesApi:
        """Another process: with a memory of its own."""
        return KubernetesApi(self.namespace, self.transport, SystemClock())


def kubeconfig() -> Path | None:
    """Find the cluster to test against: KUBECONFIG, else the local one; None without any."""
    named = os.environ.get("KUBECONFIG", "")
    found = Path(named) if named else LOCAL_KUBECONFIG
    return found if found.is_file() else None


def real_world(file: Path) -> World:
    """Make a namespace in the real API; TemporaryError when it does not answer."""
    transport = HttpTransport(file)
    namespace = f"contract-{uuid4().hex[:8]}"
    metadata = {"name": namespace, "labels": {"innodb-cluster.mysql/test": "contract"}}
    status, document = transport.send("POST", "/api/v1/namespaces", {}, {"metadata": metadata})
    if status != 201:
        raise TemporaryError(f"no namespace could be made: {document.get('message')}")
    return World(transport, namespace)


def remove(world: World) -> None:
    """Ask for the namespace's deletion; the cluster does it in its own time."""
    world.transport.send("DELETE", f"/api/v1/namespaces/{world.namespace}", {}, None)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait for a condition, and say whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
