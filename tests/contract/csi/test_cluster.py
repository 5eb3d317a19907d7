"""The driver under a real Kubernetes: claims bind, pods move with their data, snapshots are restored, claims grow."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = Path(__file__).parents[3] / ".cluster"
KUBECTL = STATE / "bin" / "kubectl"
KUBECONFIG = STATE / "kubeconfig"
IMAGE = "localhost/mysql-innodb-cluster/server:9.7.4"
USER = 27
DEADLINE_SECONDS = 120
SNAPSHOT_DEADLINE_SECONDS = 20.0  # of a machine that does ten other things; alone it takes half a second

pytestmark = pytest.mark.cluster


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace of the local cluster, by kubectl."""

    name: str

    def kubectl(self, *arguments: str, document: dict[str, Any] | None = None) -> str:
        """What kubectl prints."""
        return subprocess.run(
            [KUBECTL, f"--kubeconfig={KUBECONFIG}", f"--namespace={self.name}", *arguments],
            input=json.dumps(document) if document else None,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=DEADLINE_SECONDS + 10,
        ).stdout

    def create(self, kind: str, name: str, version: str = "v1", **content: Any) -> None:
        """Make an object."""
        document = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}
        self.kubectl("create", "--filename=-", document=document)

    def wait(self, what: str, condition: str) -> None:
        """Wait until an object says so."""
        self.kubectl("wait", what, f"--for={condition}", f"--timeout={DEADLINE_SECONDS}s")

    def create_claim(self, name: str, **content: Any) -> None:
        """Make a claim of 128 MiB of the default class."""
        resources = {"requests": {"storage": "128Mi"}}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": resources, **content}
        self.create("PersistentVolumeClaim", name, spec=spec)

    def run(self, pod: str, claim: str, node: str) -> None:
        """Run a pod with a claim on a node, as an ordinary user, and wait until it is ready."""
        container = {
            "name": "shell",
            "image": IMAGE,
            "command": ["sleep", "infinity"],
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
            },
        }
        spec = {
            "nodeSelector": {"kubernetes.io/hostname": node},
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": USER,
                "runAsGroup": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}],
        }
        self.create("Pod", pod, spec=spec)
        self.wait(f"pod/{pod}", "condition=Ready")

    def shell(self, pod: str, script: str) -> str:
        """What a script prints in a pod."""
        return self.kubectl("exec", pod, "--", "bash", "-ec", script).strip()

    def write(self, pod: str, text: str) -> None:
        """Write the pod's file, to the disk."""
        self.shell(pod, f"echo {text} > /data/file && sync /data/file")

    def read(self, pod: str) -> str:
        """What is in the pod's file."""
        return self.shell(pod, "cat /data/file")

    def take_snapshot(self, name: str, claim: str) -> float:
        """Take a snapshot of a claim; the seconds until it is ready to use."""
        spec = {"source": {"persistentVolumeClaimName": claim}}
        started = time.monotonic()
        self.create("VolumeSnapshot", name, "snapshot.storage.k8s.io/v1", spec=spec)
        self.wait(f"volumesnapshot/{name}", "jsonpath={.status.readyToUse}=true")
        return time.monotonic() - started


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """A namespace of its own for one test; it goes with all its volumes."""
    if not KUBECONFIG.exists():
        pytest.skip("there is no local cluster (make cluster-up)")
    made = Namespace(f"csi-{uuid.uuid4().hex[:8]}")
    made.kubectl("create", "namespace", made.name)
    try:
        yield made
    finally:
        made.kubectl("delete", "namespace", made.name, f"--timeout={DEADLINE_SECONDS}s")


def volumes_of(namespace: Namespace) -> list[str]:
    """The persistent volumes of the namespace's claims."""
    volumes = json.loads(namespace.kubectl("get", "persistentvolumes", "--output=json"))["items"]
    return [
        volume["metadata"]["name"]
        for volume in volumes
        if volume["spec"].get("claimRef", {}).get("namespace") == namespace.name
    ]


def test_a_pod_moves_to_another_node_with_its_data(namespace: Namespace) -> None:
    """The claim of the default class binds with its first pod, which may write as an ordinary user."""
    namespace.create_claim("data")
    namespace.run("first", "data", "node-1")
    namespace.write("first", "moved")
    namespace.kubectl("delete", "pod", "first")
    namespace.run("second", "data", "node-2")
    assert namespace.read("second") == "moved"
    namespace.write("second", "changed")
    assert namespace.read("second") == "changed"


def test_a_snapshot_is_ready_at_once_and_is_restored_on_another_node(namespace: Namespace) -> None:
    """While the pod goes on writing."""
    namespace.create_claim("data")
    namespace.run("writer", "data", "node-1")
    namespace.write("writer", "before")
    elapsed_seconds = [namespace.take_snapshot(f"snapshot-{number}", "data") for number in range(3)]
    print("seconds until ready:", elapsed_seconds)
    assert min(elapsed_seconds) < SNAPSHOT_DEADLINE_SECONDS
    namespace.write("writer", "after")
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "snapshot-0"}
    namespace.create_claim("restored", dataSource=source)
    namespace.run("reader", "restored", "node-3")
    assert namespace.read("reader") == "before"
    assert namespace.read("writer") == "after"


def test_a_claim_grows_while_its_pod_runs(namespace: Namespace) -> None:
    """And then holds what it did not hold before."""
    if not (STATE / "bin" / "csi-resizer").exists():
        pytest.skip("csi-resizer is not among the cluster's programs")
    namespace.create_claim("data")
    namespace.run("writer", "data", "node-1")
    fill = "head -c 160M /dev/zero > /data/fill 2>/dev/null && sync /data/fill && echo fits || echo full"
    assert namespace.shell("writer", fill) == "full"
    patch = json.dumps({"spec": {"resources": {"requests": {"storage": "256Mi"}}}})
    namespace.kubectl("patch", "pvc", "data", f"--patch={patch}")
    namespace.wait("pvc/data", "jsonpath={.status.capacity.storage}=256Mi")
    assert namespace.shell("writer", fill) == "fits"


def test_a_deleted_claim_takes_its_volume_with_it(namespace: Namespace) -> None:
    """Nothing stays in the pool."""
    namespace.create_claim("data")
    namespace.run("writer", "data", "node-1")
    (volume,) = volumes_of(namespace)
    namespace.kubectl("delete", "pod", "writer")
    namespace.kubectl("delete", "pvc", "data")
    namespace.wait(f"pv/{volume}", "delete")
    assert volumes_of(namespace) == []
