"""What is due when a certificate in use nears its end: a router's restart, a warning.

MySQL Router 9.7 reads its certificate only when it starts, which ends its connections: so a
router goes on until what it has loaded nears its end, and each at another moment.

Imports little: it runs in the router's agent.
"""

from dataclasses import dataclass
from datetime import datetime

from innodb_cluster.model.certificates import CertificateLife
from innodb_cluster.model.names import router_id

LAST_PART = 1 / 12
"""Of a certificate's life: a month of a year. By then it has long been renewed (two thirds are usual) and loaded."""


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
