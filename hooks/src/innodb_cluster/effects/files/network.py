"""What the pod's network can do; all its containers share it."""

import socket
from contextlib import suppress


def any_address() -> str:
    """Give the address that listens on every interface: IPv6 takes IPv4 too, where there is IPv6."""
    with suppress(OSError), socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
        return "::"
    return "0.0.0.0"  # noqa: S104 - routers serve the network
