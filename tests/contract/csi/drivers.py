"""Real driver processes on a real pool, and what a kubelet and the sidecars say to them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from ci.csi import protos
from ci.csi.model import DRIVER_NAME, MIB
from ci.csi.mounts import mount_at, read_mounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ci.csi.pool import Pool

ROOT = Path(__file__).parents[3]
DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.02
DEFAULT_BYTES = 64 * MIB


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail the test when it does not come true."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS} s: {what}"
        time.sleep(POLL_SECONDS)


@dataclass
class Driver:
    """One driver process, and a client of it. Methods are the calls with their usual arguments filled in."""

    pool: Pool
    kubelet_root: Path
    node: str = "node-1"
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    channel: grpc.Channel | None = None

    @property
    def socket(self) -> Path:
        """Where the kubelet expects the driver."""
        return self.kubelet_root / "plugins" / DRIVER_NAME / "csi.sock"

    @property
    def registration_socket(self) -> Path:
        """Where the kubelet looks for new drivers."""
        return self.kubelet_root / "plugins_registry" / f"{DRIVER_NAME}-reg.sock"

    def start(self) -> None:
        """Start the process, without waiting for it."""
        self.kubelet_root.mkdir(parents=True, exist_ok=True)
        arguments = [
            "--node",
            self.node,
            "--kubelet-root",
            str(self.kubelet_root),
            "--pool",
            str(self.pool.directory),
        ]
        with (self.kubelet_root / "driver.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ci.csi", *arguments],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    def run(self) -> Driver:
        """Start the process and wait until it answers."""
        self.start()
        self.channel = grpc.insecure_channel(f"unix:{self.socket}")
        grpc.channel_ready_future(self.channel).result(timeout=DEADLINE_SECONDS)
        wait_until(self.registration_socket.exists, "the registration socket")
        return self

    def kill(self) -> None:
        """End the process as a crash does."""
        assert self.process
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait until the process has ended; its exit status."""
        assert self.process
        status = self.process.wait(timeout=DEADLINE_SECONDS)
        if self.channel:
            self.channel.close()
        self.channel = None
        return status

    def stop(self) -> int:
        """End the process as a supervisor does; its exit status. Nothing happens when it has ended already."""
        assert self.process
        self.process.terminate()
        return self.wait()

    def restart(self) -> None:
        """Start again, as a supervisor does after a crash, and without what made it crash."""
        self.environment = {}
        self.run()

    def log(self) -> str:
        """What the process has said."""
        return (self.kubelet_root / "driver.log").read_text()

    def call(self, service: str, method: str, **fields: Any) -> Any:
        """One call; raises grpc.RpcError."""
        protocols = protos.load()
        stub = getattr(protocols.csi_grpc, f"{service}Stub")(self.channel)
        request = getattr(protocols.csi, f"{method}Request")(**fields)
        return getattr(stub, method)(request, timeout=DEADLINE_SECONDS)

    def code(self, service: str, method: str, **fields: Any) -> str:
        """The name of the code with which a call is answered."""
        try:
            self.call(service, method, **fields)
        except grpc.RpcError as error:
            return str(error.code().name)
        return "OK"

    def create_volume(
        self, name: str, size_bytes: int = DEFAULT_BYTES, source: dict[str, Any] | None = None
    ) -> Any:
        """Make a volume."""
        return self.call("Controller", "CreateVolume", **creation(name, size_bytes, source=source)).volume

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume."""
        self.call("Controller", "DeleteVolume", volume_id=volume_id)

    def create_snapshot(self, name: str, volume_id: str) -> Any:
        """Take a snapshot."""
        return self.call("Controller", "CreateSnapshot", name=name, source_volume_id=volume_id).snapshot

    def publish(self, volume_id: str, pod: str = "pod", **changes: Any) -> Path:
        """Show a volume in a pod's folder, and return that."""
        target = self.target(pod)
        self.call("Node", "NodePublishVolume", **publication(volume_id, target, **changes))
        return target

    def unpublish(self, volume_id: str, pod: str = "pod") -> None:
        """Take the volume out of the pod's folder."""
        self.call("Node", "NodeUnpublishVolume", volume_id=volume_id, target_path=str(self.target(pod)))

    def target(self, pod: str) -> Path:
        """The folder of a pod in which its volume is seen."""
        return self.kubelet_root / "pods" / pod / "mount"

    def used_bytes(self, volume_id: str, path: Path) -> int:
        """How much of a volume is used."""
        response = self.call("Node", "NodeGetVolumeStats", volume_id=volume_id, volume_path=str(path))
        return int(response.usage[0].used)

    def end(self) -> None:
        """End the process and its mounts, whatever happened."""
        if self.process is not None:
            self.process.kill()
            self.wait()
        for mount in reversed(read_mounts()):
            if mount.target.is_relative_to(self.kubelet_root):
                subprocess.run(["umount", "--lazy", str(mount.target)], check=False)


def capability(mode: str = "SINGLE_NODE_WRITER", **mount: Any) -> dict[str, Any]:
    """A VolumeCapability message."""
    return {"mount": mount, "access_mode": {"mode": mode}}


def creation(name: str, size_bytes: int = DEFAULT_BYTES, **changes: Any) -> dict[str, Any]:
    """The fields of a CreateVolume call; None leaves one out."""
    fields = {
        "name": name,
        "capacity_range": {"required_bytes": size_bytes},
        "volume_capabilities": [capability()],
        "volume_content_source": changes.pop("source", None),
        **changes,
    }
    return {key: value for key, value in fields.items() if value is not None}


def publication(volume_id: str, target: Path, **changes: Any) -> dict[str, Any]:
    """The fields of a NodePublishVolume call."""
    return {
        "volume_id": volume_id,
        "target_path": str(target),
        "volume_capability": capability(),
        **changes,
    }


def from_snapshot(snapshot_id: str) -> dict[str, Any]:
    """The content source that is a snapshot."""
    return {"snapshot": {"snapshot_id": snapshot_id}}


def from_volume(volume_id: str) -> dict[str, Any]:
    """The content source that is a volume."""
    return {"volume": {"volume_id": volume_id}}


def is_mounted(path: Path) -> bool:
    """Whether something is mounted at a path."""
    return mount_at(read_mounts(), path) is not None


def leftovers(directory: Path) -> list[str]:
    """The mounts below a folder, and the loop devices on its files that will not go by themselves.

    One that will may stay for a while: whoever makes a mount namespace holds the mounts of that moment.
    """
    mounts = [str(mount.target) for mount in read_mounts() if mount.target.is_relative_to(directory)]
    devices = []
    for loop in Path("/sys/block").glob("loop*/loop"):
        with suppress(OSError):  # detached in the meantime
            inside = (loop / "backing_file").read_text().startswith(f"{directory}/")
            if inside and (loop / "autoclear").read_text().strip() != "1":
                devices.append(f"/dev/{loop.parent.name}")
    return mounts + devices
