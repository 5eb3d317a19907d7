"""Volumes and snapshots: one CSI driver for each node, one for the control plane, and the usual sidecars."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ci.binaries import build
from ci.binaries.groups import ROOT, groups
from ci.cluster.api import Api, ApiError, wait_until
from ci.cluster.layout import Layout, Node
from ci.cluster.nodes import cluster_namespace, namespaces
from ci.cluster.processes import Daemon
from ci.progress import StepError

SNAPSHOT_MODULE = "github.com/kubernetes-csi/external-snapshotter/client/v8"
SNAPSHOT_GROUP = "snapshot.storage.k8s.io"
SNAPSHOT_KINDS = ("volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots")
MANIFESTS = ROOT / "ci" / "csi" / "manifests"
STORAGE_PATHS = {
    "csidriver.yaml": "/apis/storage.k8s.io/v1/csidrivers/btrfs.csi.local",
    "storageclass.yaml": "/apis/storage.k8s.io/v1/storageclasses/local-btrfs",
}
SNAPSHOT_CLASS_PATH = f"/apis/{SNAPSHOT_GROUP}/v1/volumesnapshotclasses/local-btrfs"
ESTABLISHED_SECONDS = 30.0
# With the default of 5 calls a second a snapshot takes seconds to be ready; with these, a few tenths.
SIDECAR_FLAGS = (
    "--kube-api-qps=200",
    "--kube-api-burst=400",
    "--retry-interval-start=200ms",
    "--retry-interval-max=5s",
)


def compile_protocols() -> None:
    """Let the drivers' generated code be made now, with Go at hand, rather than by each of them."""
    command = [sys.executable, "-c", "from ci.csi import protos; protos.ensure_compiled()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise StepError(
            f"the CSI driver's protocols cannot be made: {result.stderr.strip().splitlines()[-1]}"
        )


def _driver(name: str, namespace: tuple[str, ...], layout: Layout, *arguments: str) -> Daemon:
    """One driver process; it starts again when its code changes."""
    command = (sys.executable, "-m", "ci.csi", *arguments, f"--pool={layout.pool}")
    kept = {key: os.environ[key] for key in ("XDG_CACHE_HOME", "HOME") if key in os.environ}
    environment = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"} | kept
    code = tuple(sorted((ROOT / "ci" / "csi").glob("*.py")))
    return Daemon(name, command, namespace, supervised=True, environment=environment, files=code)


def node_driver(node: Node) -> Daemon:
    """The driver that mounts volumes on a node."""
    arguments = (f"--node={node.name}", f"--kubelet-root={node.kubelet_root}")
    return _driver(f"csi-{node.name}", namespaces(node), node.layout, *arguments)


def control_plane(layout: Layout, kubeconfig: Path) -> list[Daemon]:
    """What makes, deletes and snapshots volumes, whichever nodes live."""
    layout.csi_socket.parent.mkdir(parents=True, exist_ok=True)
    socket = f"--csi-address=unix://{layout.csi_socket}"
    sidecars = {
        "csi-provisioner": (socket, "--timeout=60s"),
        "csi-snapshotter": (socket, "--timeout=60s"),
        # It would wait half a minute for the definitions of a feature that is not used.
        "snapshot-controller": ("--feature-gates=CSIVolumeGroupSnapshot=false",),
        "csi-resizer": (socket,),
    }
    driver = _driver("csi-controller", cluster_namespace(layout), layout, f"--socket={layout.csi_socket}")
    return [driver] + [
        Daemon(name, (name, f"--kubeconfig={kubeconfig}", *SIDECAR_FLAGS, *flags), supervised=True)
        for name, flags in sidecars.items()
    ]


def snapshot_definitions() -> list[Path]:
    """The manifests of the snapshot kinds, copied from their Go module once and kept beside the programs."""
    group = groups()["csi-snapshotter"]
    folder = build.build_folder(group, build.go_version()) / "crd"
    if not folder.is_dir():
        source = build.module_folder(group, SNAPSHOT_MODULE) / "config" / "crd"
        fresh = folder.with_name(f"crd.{os.getpid()}")
        fresh.mkdir(parents=True)
        for kind in SNAPSHOT_KINDS:
            shutil.copyfile(source / f"{SNAPSHOT_GROUP}_{kind}.yaml", fresh / f"{kind}.yaml")
        fresh.rename(folder)
    return [folder / f"{kind}.yaml" for kind in SNAPSHOT_KINDS]


def apply_definitions(api: Api) -> None:
    """Create the snapshot kinds, the driver's object and the default classes."""
    for path in snapshot_definitions():
        name = f"{path.stem}.{SNAPSHOT_GROUP}"
        api.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}", path.read_text())
    for file, path_of_object in STORAGE_PATHS.items():
        api.apply(path_of_object, (MANIFESTS / file).read_text())

    def applied() -> bool:
        try:
            api.apply(SNAPSHOT_CLASS_PATH, (MANIFESTS / "volumesnapshotclass.yaml").read_text())
        except ApiError as error:
            if error.status != 404:
                raise
            return False  # the API server needs a moment to serve a new kind
        return True

    if not wait_until(applied, ESTABLISHED_SECONDS):
        raise StepError("the API server does not serve the snapshot kinds", hint="see `logs kube-apiserver`")
