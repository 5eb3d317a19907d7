"""Which addresses a cluster uses: one /16 block for its nodes, pods and services, and one loopback address."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

FIRST_BLOCK = 200
LAST_BLOCK = 249


class NoFreeBlockError(Exception):
    """Every block overlaps a route or another cluster."""


@dataclass(frozen=True, slots=True)
class Block:
    """The addresses of one cluster: 10.NUMBER.0.0/16."""

    number: int

    @property
    def network(self) -> ipaddress.IPv4Network:
        """All of it; nothing outside the cluster may use any part."""
        return ipaddress.IPv4Network(f"10.{self.number}.0.0/16")

    @property
    def host(self) -> str:
        """The host's end of the bridge: API server and name server listen here."""
        return f"10.{self.number}.0.1"

    @property
    def loopback(self) -> str:
        """Where etcd and the others listen that only the host calls; each cluster has its own."""
        return f"127.{self.number}.0.1"

    @property
    def api_service(self) -> str:
        """The address of the Service kubernetes.default: the first one of the services."""
        return f"10.{self.number}.128.1"

    @property
    def services(self) -> str:
        """Addresses of Services."""
        return f"10.{self.number}.128.0/20"

    @property
    def pods(self) -> str:
        """Addresses of all pods."""
        return f"10.{self.number}.64.0/18"

    def node(self, ordinal: int) -> str:
        """The InternalIP of node `ordinal`, counted from 1."""
        return f"10.{self.number}.0.{10 + ordinal}"

    def node_pods(self, ordinal: int) -> str:
        """The addresses of the pods on node `ordinal`."""
        return f"10.{self.number}.{64 + ordinal}.0/24"


def choose_block(used: Iterable[str]) -> Block:
    """The first block that overlaps none of the networks in `used` (CIDR notation).

    Raises NoFreeBlockError when there is none.
    """
    taken = list(used)
    for number in range(FIRST_BLOCK, LAST_BLOCK + 1):
        block = Block(number)
        if not any(overlap(block.network, network) for network in taken):
            return block
    raise NoFreeBlockError


def overlap(network: ipaddress.IPv4Network, other: str) -> bool:
    """Whether a network (CIDR notation) lies in another; the default route lies in none."""
    parsed = ipaddress.IPv4Network(other, strict=False)
    return parsed.prefixlen > 0 and network.overlaps(parsed)
