"""The Identity service of the CSI: who the driver is and whether its pool is there."""

# ruff: noqa: N802 - gRPC names the methods

from typing import Any

from ci.csi import __version__
from ci.csi.model import DRIVER_NAME
from ci.csi.pool import Pool
from ci.csi.protos import Protocols


class Identity:
    """Answers of the Identity service."""

    def __init__(self, protocols: Protocols, pool: Pool) -> None:
        self._csi = protocols.csi
        self._pool = pool

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """The driver's name and version."""
        return self._csi.GetPluginInfoResponse(name=DRIVER_NAME, vendor_version=__version__)

    def GetPluginCapabilities(self, _request: Any, _context: Any) -> Any:
        """There is a controller service, and volumes grow while they are in use. No topology: all nodes are equal."""
        capability = self._csi.PluginCapability
        return self._csi.GetPluginCapabilitiesResponse(
            capabilities=[
                capability(service=capability.Service(type="CONTROLLER_SERVICE")),
                capability(volume_expansion=capability.VolumeExpansion(type="ONLINE")),
            ],
        )

    def Probe(self, _request: Any, _context: Any) -> Any:
        """Whether the pool is mounted. Raises FailedPreconditionError otherwise."""
        self._pool.mounted()
        response = self._csi.ProbeResponse()
        response.ready.value = True
        return response
