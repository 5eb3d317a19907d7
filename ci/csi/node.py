"""The Node service of the CSI: shows a volume's folder of the pool in a pod's folder by a bind mount.

There is no staging. A target is published when it is a mount of that volume, whoever made it, so that nothing has
to be remembered and a driver that was killed continues.
"""

# ruff: noqa: N802 - gRPC names the methods

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.csi import commands
from ci.csi.capabilities import (
    NODE_CAPABILITIES,
    SINGLE_WRITER_MODE,
    access_mode_of,
    require_field,
    require_offered,
)
from ci.csi.controller import range_of
from ci.csi.errors import AlreadyExistsError, FailedPreconditionError, NotFoundError
from ci.csi.model import Volume
from ci.csi.mounts import mount_at, read_mounts
from ci.csi.protos import Protocols
from ci.csi.storage import Storage


@dataclass(frozen=True, slots=True)
class Publication:
    """How a volume shall be seen in a pod's folder."""

    target: Path
    read_only: bool
    alone: bool  # no other pod may see the volume (ReadWriteOncePod)
    options: tuple[str, ...]


class Node:
    """Answers of the Node service of one node."""

    def __init__(self, protocols: Protocols, storage: Storage, node_name: str) -> None:
        self._csi = protocols.csi
        self._storage = storage
        self._node_name = node_name

    def NodeGetInfo(self, _request: Any, _context: Any) -> Any:
        """The node's name."""
        return self._csi.NodeGetInfoResponse(node_id=self._node_name)

    def NodeGetCapabilities(self, _request: Any, _context: Any) -> Any:
        """What this service can do."""
        capability = self._csi.NodeServiceCapability
        return self._csi.NodeGetCapabilitiesResponse(
            capabilities=[capability(rpc=capability.RPC(type=name)) for name in NODE_CAPABILITIES],
        )

    def NodePublishVolume(self, request: Any, _context: Any) -> Any:
        """Show the volume in a pod's folder."""
        require_field(request.volume_id, "volume_id")
        require_field(request.target_path, "target_path")
        require_field(request.HasField("volume_capability"), "volume_capability")
        require_offered(request.volume_capability)
        mode = access_mode_of(request.volume_capability)
        flags = set(request.volume_capability.mount.mount_flags)
        read_only = request.readonly or mode == "SINGLE_NODE_READER_ONLY" or "ro" in flags
        publication = Publication(
            target=Path(request.target_path),
            read_only=read_only,
            alone=mode == SINGLE_WRITER_MODE,
            options=tuple(sorted(flags | {"ro"} if read_only else flags)),
        )
        with self._storage.pool.lock.held():  # not between the look and the removal of a deletion
            self._publish(self._storage.volume(request.volume_id), publication)
        return self._csi.NodePublishVolumeResponse()

    def NodeUnpublishVolume(self, request: Any, _context: Any) -> Any:
        """Take the volume out of a pod's folder, and remove the folder; also of a volume that no longer exists."""
        require_field(request.volume_id, "volume_id")
        require_field(request.target_path, "target_path")
        target = Path(request.target_path)
        while mount_at(read_mounts(), target) is not None:
            commands.unmount(target)
        with suppress(FileNotFoundError):
            target.rmdir()
        return self._csi.NodeUnpublishVolumeResponse()

    def NodeGetVolumeStats(self, request: Any, _context: Any) -> Any:
        """How full a published volume is. statfs in the pod shows the pool instead: btrfs knows no better."""
        require_field(request.volume_id, "volume_id")
        require_field(request.volume_path, "volume_path")
        usage = self._storage.usage(self._published(request.volume_id, request.volume_path))
        entry = self._csi.VolumeUsage(
            unit="BYTES",
            total=usage.capacity_bytes,
            used=usage.used_bytes,
            available=usage.available_bytes,
        )
        return self._csi.NodeGetVolumeStatsResponse(usage=[entry])

    def NodeExpandVolume(self, request: Any, _context: Any) -> Any:
        """Make sure that the volume has the asked size, as the controller has seen to already."""
        require_field(request.volume_id, "volume_id")
        require_field(request.volume_path, "volume_path")
        self._published(request.volume_id, request.volume_path)
        volume = self._storage.expand_volume(request.volume_id, range_of(request.capacity_range))
        return self._csi.NodeExpandVolumeResponse(capacity_bytes=volume.capacity_bytes)

    def _publish(self, volume: Volume, publication: Publication) -> None:
        source = self._storage.path(volume)
        uses = self._storage.pool.uses_of(source)
        existing = mount_at(read_mounts(), publication.target)
        if existing is not None:
            if existing not in uses or existing.read_only != publication.read_only:
                raise AlreadyExistsError(f"{publication.target} already shows something else")
            return
        if publication.alone and uses:
            raise FailedPreconditionError(
                f"volume {volume.id!r} is for one pod and mounted at {uses[0].target}"
            )
        publication.target.mkdir(parents=True, exist_ok=True)
        commands.bind_mount(source, publication.target, publication.options)

    def _published(self, volume_id: str, path: str) -> Volume:
        """The volume, when it is seen at this path. Raises NotFoundError."""
        volume = self._storage.volume(volume_id)
        uses = self._storage.pool.uses_of(self._storage.path(volume))
        if mount_at(uses, Path(path)) is None:
            raise NotFoundError(f"volume {volume_id!r} is not mounted at {path}")
        return volume
