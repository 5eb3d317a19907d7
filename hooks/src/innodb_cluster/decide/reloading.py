"""When a running server or router takes the certificate that is mounted now, and when its end is worth a warning.

A server loads it by SQL, so at once. MySQL Router 9.7 reads it only when it starts, which ends its connections: so a
router goes on until what it has loaded nears its end, and each at another moment.
"""

from dataclasses import dataclass
from datetime import datetime

from innodb_cluster.model.actions import ReloadTls
from innodb_cluster.model.certificates import CertificateLife
from innodb_cluster.model.names import router_id

RETRY_SECONDS = 30.0
LAST_PART = 1 / 12
"""Of a certificate's life: a month of a year. By then it has long been renewed (two thirds are usual) and loaded."""


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


@dataclass(frozen=True, slots=True)
class RouterCertificate:
    """What a router presents, beside what is mounted for it."""

    is_mounted_one: bool
    """Whether it presents what is mounted."""
    is_usable: bool
    """Whether what is mounted is a certificate with its key: a router that started with less would not come up."""
    life: CertificateLife | None
    """Of what it presents; None when the mounted CA does not vouch for it, or not any more."""


def decide_restart(pod: str, seen: RouterCertificate, now: datetime) -> str:
    """Say why a router is to be started again; empty when it is not.

    The moment lies between a sixth and a twelfth of the certificate's life before its end, and follows from
    the pod's name: two routers hardly ever do it together.
    """
    if seen.is_mounted_one or not seen.is_usable:
        return ""
    if seen.life is None:
        return "what it presents cannot be verified by the mounted CA"
    part = LAST_PART * (1 + router_id(pod) / 2**31)
    return f"what it presents ends at {_minute(seen.life.ends)}" if seen.life.is_in_last(part, now) else ""


def expiry_warning(life: CertificateLife, now: datetime) -> str:
    """Say that a certificate that is in use should have been renewed by now; empty when there is time."""
    if not life.is_in_last(LAST_PART, now):
        return ""
    return f"the certificate in use ends at {_minute(life.ends)} and nobody has renewed it"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
