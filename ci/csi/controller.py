"""The Controller service of the CSI: messages in, storage.py's methods, messages out."""

# ruff: noqa: N802 - gRPC names the methods

from typing import Any

from ci.csi.capabilities import CONTROLLER_CAPABILITIES, require_field, require_offered, why_not
from ci.csi.errors import InvalidArgumentError
from ci.csi.model import CapacityRange, Snapshot, Source, SourceKind, Volume
from ci.csi.protos import Protocols
from ci.csi.storage import Storage

_METADATA_PREFIX = "csi.storage.k8s.io/"  # what csi-provisioner adds with --extra-create-metadata
_NANOSECONDS = 10**9


def range_of(message: Any) -> CapacityRange:
    """The value of a CapacityRange message."""
    return CapacityRange(message.required_bytes, message.limit_bytes)


class Controller:
    """Answers of the Controller service."""

    def __init__(self, protocols: Protocols, storage: Storage) -> None:
        self._csi = protocols.csi
        self._storage = storage

    def ControllerGetCapabilities(self, _request: Any, _context: Any) -> Any:
        """What this service can do."""
        capability = self._csi.ControllerServiceCapability
        return self._csi.ControllerGetCapabilitiesResponse(
            capabilities=[capability(rpc=capability.RPC(type=name)) for name in CONTROLLER_CAPABILITIES],
        )

    def CreateVolume(self, request: Any, _context: Any) -> Any:
        """Make a volume, empty or from a snapshot or another volume."""
        require_field(request.name, "name")
        require_field(request.volume_capabilities, "volume_capabilities")
        for capability in request.volume_capabilities:
            require_offered(capability)
        unknown = sorted(key for key in request.parameters if not key.startswith(_METADATA_PREFIX))
        if unknown or request.mutable_parameters:
            raise InvalidArgumentError(
                f"there are no parameters here: {[*unknown, *request.mutable_parameters]}"
            )
        volume = self._storage.create_volume(
            request.name,
            range_of(request.capacity_range),
            self._source_of(request),
        )
        return self._csi.CreateVolumeResponse(volume=self._volume_message(volume))

    def DeleteVolume(self, request: Any, _context: Any) -> Any:
        """Delete a volume that is mounted nowhere."""
        require_field(request.volume_id, "volume_id")
        self._storage.delete_volume(request.volume_id)
        return self._csi.DeleteVolumeResponse()

    def ValidateVolumeCapabilities(self, request: Any, _context: Any) -> Any:
        """Whether an existing volume can be used in the asked ways."""
        require_field(request.volume_id, "volume_id")
        require_field(request.volume_capabilities, "volume_capabilities")
        self._storage.volume(request.volume_id)
        response = self._csi.ValidateVolumeCapabilitiesResponse
        reasons = [reason for capability in request.volume_capabilities if (reason := why_not(capability))]
        if reasons:
            return response(message=reasons[0])
        return response(confirmed=response.Confirmed(volume_capabilities=request.volume_capabilities))

    def CreateSnapshot(self, request: Any, _context: Any) -> Any:
        """Take a snapshot; it is ready to use in the answer."""
        require_field(request.name, "name")
        require_field(request.source_volume_id, "source_volume_id")
        snapshot = self._storage.create_snapshot(request.name, request.source_volume_id)
        return self._csi.CreateSnapshotResponse(snapshot=self._snapshot_message(snapshot))

    def DeleteSnapshot(self, request: Any, _context: Any) -> Any:
        """Delete a snapshot."""
        require_field(request.snapshot_id, "snapshot_id")
        self._storage.delete_snapshot(request.snapshot_id)
        return self._csi.DeleteSnapshotResponse()

    def ControllerExpandVolume(self, request: Any, _context: Any) -> Any:
        """Make a volume larger. All of it happens here; no node has anything left to do."""
        require_field(request.volume_id, "volume_id")
        require_field(request.HasField("capacity_range"), "capacity_range")
        volume = self._storage.expand_volume(request.volume_id, range_of(request.capacity_range))
        return self._csi.ControllerExpandVolumeResponse(
            capacity_bytes=volume.capacity_bytes,
            node_expansion_required=False,
        )

    def _source_of(self, request: Any) -> Source | None:
        if not request.HasField("volume_content_source"):
            return None
        content = request.volume_content_source
        match content.WhichOneof("type"):
            case "snapshot":
                source = Source(SourceKind.SNAPSHOT, content.snapshot.snapshot_id)
            case "volume":
                source = Source(SourceKind.VOLUME, content.volume.volume_id)
            case _:
                raise InvalidArgumentError("volume_content_source names neither a snapshot nor a volume")
        require_field(source.id, "the identifier in volume_content_source")
        return source

    def _volume_message(self, volume: Volume) -> Any:
        message = self._csi.Volume(volume_id=volume.id, capacity_bytes=volume.capacity_bytes)
        if volume.source is None:
            return message
        match volume.source.kind:
            case SourceKind.SNAPSHOT:
                message.content_source.snapshot.snapshot_id = volume.source.id
            case SourceKind.VOLUME:
                message.content_source.volume.volume_id = volume.source.id
        return message

    def _snapshot_message(self, snapshot: Snapshot) -> Any:
        message = self._csi.Snapshot(
            snapshot_id=snapshot.id,
            source_volume_id=snapshot.source_volume_id,
            size_bytes=snapshot.size_bytes,
            ready_to_use=True,
        )
        seconds, nanoseconds = divmod(snapshot.created_at_ns, _NANOSECONDS)
        message.creation_time.seconds = seconds
        message.creation_time.nanos = nanoseconds
        return message
