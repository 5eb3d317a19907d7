"""What this driver can do, and which ways of access it accepts.

Like network storage with one writer: a volume is a directory tree (no raw block device) that one node uses at a
time. Several nodes at once are refused when the volume is made, although the shared pool would allow it, since a
chart must not come to rely on it.
"""

from typing import Any

from ci.csi.errors import InvalidArgumentError

CONTROLLER_CAPABILITIES = (
    "CREATE_DELETE_VOLUME",
    "CREATE_DELETE_SNAPSHOT",
    "CLONE_VOLUME",
    "EXPAND_VOLUME",
    "SINGLE_NODE_MULTI_WRITER",
)
NODE_CAPABILITIES = ("GET_VOLUME_STATS", "EXPAND_VOLUME", "SINGLE_NODE_MULTI_WRITER")

SINGLE_WRITER_MODE = "SINGLE_NODE_SINGLE_WRITER"
ACCESS_MODES = frozenset(
    {"SINGLE_NODE_WRITER", "SINGLE_NODE_READER_ONLY", SINGLE_WRITER_MODE, "SINGLE_NODE_MULTI_WRITER"},
)
FILE_SYSTEM_TYPES = frozenset({"", "btrfs"})
MOUNT_FLAGS = frozenset({"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"})


def access_mode_of(capability: Any) -> str:
    """The name of the access mode of a VolumeCapability message, such as SINGLE_NODE_WRITER."""
    mode = capability.access_mode
    return str(mode.Mode.Name(mode.mode)) if mode.mode in mode.Mode.values() else str(mode.mode)


def why_not(capability: Any) -> str:
    """What of a VolumeCapability message this driver does not offer; empty when it offers all of it."""
    if capability.WhichOneof("access_type") != "mount":
        return "only file system volumes are offered"
    if access_mode_of(capability) not in ACCESS_MODES:
        return f"access mode {access_mode_of(capability)} is not offered: one node uses a volume"
    if capability.mount.fs_type not in FILE_SYSTEM_TYPES:
        return f"file system {capability.mount.fs_type} is not offered: volumes are btrfs subvolumes"
    unknown = sorted(set(capability.mount.mount_flags) - MOUNT_FLAGS)
    if unknown:
        return f"mount options {', '.join(unknown)} are not offered"
    return ""


def require_offered(capability: Any) -> None:
    """Raise InvalidArgumentError unless this driver offers the capability."""
    reason = why_not(capability)
    if reason:
        raise InvalidArgumentError(reason)


def require_field(value: object, name: str) -> None:
    """Raise InvalidArgumentError when a field that the specification demands is empty."""
    if not value:
        raise InvalidArgumentError(f"{name} is missing")
