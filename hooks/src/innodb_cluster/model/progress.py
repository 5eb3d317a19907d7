"""What one run of the converge Job knows beyond servers and record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """What this run has seen done, and what it sees around the servers."""

    accounts_done: bool = False
    metadata_members: tuple[str, ...] = ()
    """Members that were ONLINE when the metadata was last made true."""
    routers: tuple[str, ...] = ()
    """Router pods that are there to stay."""
    metadata_routers: tuple[str, ...] = ()
    """Router pods that were there when the metadata was last made true."""
    routers_waited_for: tuple[str, ...] = ()
    """Routers that do not route yet, each with its reason."""
    rollouts_waited_for: tuple[str, ...] = ()
    """Workloads whose pods are still being replaced or are not ready, each with its numbers."""
