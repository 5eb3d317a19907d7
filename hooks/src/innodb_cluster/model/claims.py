"""Claims of the servers' data volumes, and sizes as Kubernetes writes them."""

import re
from dataclasses import dataclass
from decimal import Decimal

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(k|[KMGTPE]i?)?")
_POWERS = {prefix: power for power, prefix in enumerate("KMGTPE", start=1)}


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """``datadirVolumeClaimTemplate``, or the claim template of a StatefulSet: two that are equal need no change."""

    storage: str
    """Size as Kubernetes writes it, such as ``10Gi``."""
    storage_class: str | None
    """None: the cluster's default class; empty: no class."""
    access_modes: tuple[str, ...]

    @property
    def size_bytes(self) -> Decimal:
        """Give the size as a number."""
        return size_bytes(self.storage)


@dataclass(frozen=True, slots=True)
class ClaimView:
    """One claim as it is."""

    name: str
    storage: str = ""
    """What it asks for."""
    storage_class: str = ""
    is_bound: bool = False
    uid: str = ""
    snapshot: str = ""
    """VolumeSnapshot that it was made from, empty for an empty volume."""
    driver: str = ""
    """Provisioner of its storage class."""
    is_deleting: bool = False
    is_held: bool = False
    """Whether a restore keeps it from going away, so that nobody else makes the next one of its name."""

    @property
    def size_bytes(self) -> Decimal:
        """Give what it asks for as a number."""
        return size_bytes(self.storage)


def size_bytes(quantity: str) -> Decimal:
    """Read a quantity of bytes (Kubernetes manual, Quantity); raises ValueError for anything else."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        message = f"{quantity!r} is no size"
        raise ValueError(message)
    prefix = (match[2] or "").upper()
    base = 1024 if prefix.endswith("I") else 1000
    return Decimal(match[1]) * (Decimal(base) ** _POWERS.get(prefix[:1], 0))
