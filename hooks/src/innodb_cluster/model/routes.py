"""The routes of a router: ports of the Service, and what answers behind them."""

from dataclasses import dataclass

REST_PORT = 8443
METADATA_CACHE = "main"


@dataclass(frozen=True, slots=True)
class Route:
    """One listening port of the router."""

    name: str
    port: int
    role: str
    """Which members it goes to."""
    strategy: str
    protocol: str
    is_split: bool = False
    """Whether reads and writes of one connection are sent apart."""


ROUTES = (
    Route("rw", 6446, "PRIMARY", "first-available", "classic"),
    Route("ro", 6447, "SECONDARY", "round-robin-with-fallback", "classic"),
    Route("x_rw", 6448, "PRIMARY", "first-available", "x"),
    Route("x_ro", 6449, "SECONDARY", "round-robin-with-fallback", "x"),
    Route("rw_split", 6450, "PRIMARY_AND_SECONDARY", "round-robin", "classic", is_split=True),
)
"""In multi-primary mode every member is a primary: ``ro`` falls back to all of them."""
