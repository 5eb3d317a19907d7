"""Has a router begin anew when every server that it knows is gone, and there are others.

A router keeps the members that it was last shown, and asks nobody else. It is shown more than half of all servers
(ADR 30). Where those are lost for good and the group goes on with one that had been away, it would look for them for ever.

Standard library alone, like the rest of the router's agent.
"""

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.files.store import read_optional, write_private

Resolve = Callable[[str], frozenset[str]]
LOOKS = 2
"""So often it must have nowhere to route to, one look after the other: half a minute to a minute."""


def resolve(host: str) -> frozenset[str]:
    """Give a name's addresses; none where it has no record or the name server does not answer."""
    with suppress(OSError):
        return frozenset(
            str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        )
    return frozenset()


@dataclass(slots=True)
class StrandedWatch:
    """Looks at one router's memory while it has nowhere to route to."""

    paths: Paths
    has_no_destination: Callable[[], bool]
    resolve: Resolve = resolve
    topic: str = "memory"
    _looks: int = field(default=0)

    def step(self) -> str:
        """Look, and order a restart with the first state when one is due; give what is worth a line of log."""
        self._looks = self._looks + 1 if self.has_no_destination() else 0
        first = read_optional(self.paths.router_first_state_file) or ""
        if self._looks < LOOKS or not (unknown := self._addresses(first) - self._known()):
            return ""
        self._looks = 0
        write_private(self.paths.router_state_file, first)
        write_private(self.paths.restart_order, "it does not know every server")
        return f"the router has nowhere to route to and begins anew: it did not know {', '.join(sorted(unknown))}"

    def _known(self) -> frozenset[str]:
        return self._addresses(read_optional(self.paths.router_state_file) or "")

    def _addresses(self, state: str) -> frozenset[str]:
        """Give the addresses of the servers that a state file names."""
        with suppress(ValueError, LookupError, TypeError):
            servers = json.loads(state)["metadata-cache"]["cluster-metadata-servers"]
            return frozenset().union(*(self.resolve(urlsplit(each).hostname or "") for each in servers))
        return frozenset()
