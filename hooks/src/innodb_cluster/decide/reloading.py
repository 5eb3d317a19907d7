"""When a running server takes the certificate that is mounted now: by SQL, so at once.

Routers can't (``decide.expiry``).
"""

from dataclasses import dataclass

from innodb_cluster.model.actions import ReloadTls

RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """What an agent knows of the certificate files that its server has loaded; a fingerprint stands for all three."""

    mounted: str
    """Empty while they cannot be read."""
    loaded: str = ""
    """Empty when nobody knows: the agent has just started."""
    refused: str = ""
    """The ones that the server would not take, if any."""
    refused_seconds_ago: float = 0.0


def decide_reload(pod: str, seen: ServerCertificate) -> tuple[ReloadTls, ...]:
    """Load what is mounted, unless the server has it; what it refused is tried again, but not all the time."""
    if seen.mounted in {"", seen.loaded}:
        return ()
    if seen.mounted == seen.refused and seen.refused_seconds_ago < RETRY_SECONDS:
        return ()
    return (ReloadTls(pod),)
