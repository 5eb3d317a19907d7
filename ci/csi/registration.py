"""The kubelet's plugin registration: the kubelet finds a socket in plugins_registry and asks who is there.

This is what node-driver-registrar does elsewhere. The kubelet asks again after its own restart, and whenever the
socket is made anew.
"""

# ruff: noqa: N802 - gRPC names the methods

from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from ci.csi.model import DRIVER_NAME
from ci.csi.protos import Protocols

CSI_VERSIONS = ("1.0.0",)  # what the kubelet compares; all 1.x are compatible

_log = structlog.get_logger()


class Registration:
    """Answers of the registration service."""

    def __init__(self, protocols: Protocols, csi_socket: Path, on_refusal: Callable[[], None]) -> None:
        self._messages = protocols.registration
        self._csi_socket = csi_socket
        self._on_refusal = on_refusal

    def GetInfo(self, _request: Any, _context: Any) -> Any:
        """Where the driver listens."""
        return self._messages.PluginInfo(
            type="CSIPlugin",
            name=DRIVER_NAME,
            endpoint=str(self._csi_socket),
            supported_versions=CSI_VERSIONS,
        )

    def NotifyRegistrationStatus(self, request: Any, _context: Any) -> Any:
        """What the kubelet made of it. A refusal ends the process, so that its supervisor starts it again."""
        if request.plugin_registered:
            _log.info("registered with the kubelet")
        else:
            _log.error("the kubelet refused the registration", reason=request.error)
            self._on_refusal()
        return self._messages.RegistrationStatusResponse()
