"""The wires: a bridge on the host, and for each node a network namespace on a cable into it.

Nodes reach each other over the bridge and have a route to each other's pods, so the host forwards nothing and its
own firewall settings stay as they are. Namespaces are files of ours; `ip netns` would turn /run/netns into a shared
mount, in which pod sandboxes cannot be torn down.
"""

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci.cluster import mounts
from ci.cluster.addresses import Block
from ci.cluster.layout import Layout, Node
from ci.progress import StepError


def run(*command: str | Path, text: str | None = None) -> str:
    """Run a command and return what it printed. Raises StepError with its message when it fails."""
    words = [str(word) for word in command]
    result = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise StepError(f"{' '.join(words)}: {(result.stderr or result.stdout).strip()}")
    return result.stdout


def used_networks(bridge: str) -> list[str]:
    """Networks that the host has addresses in or routes to, other than over `bridge`."""
    addresses = [
        f"{address['local']}/{address['prefixlen']}"
        for link in json.loads(run("ip", "-json", "-4", "address", "show"))
        if link["ifname"] != bridge
        for address in link["addr_info"]
    ]
    routes = [
        route["dst"]
        for route in json.loads(run("ip", "-json", "-4", "route", "show", "table", "all"))
        if route.get("dev") != bridge and route["dst"] != "default"
    ]
    return addresses + routes


def links() -> set[str]:
    """Names of the host's network interfaces."""
    return {link["ifname"] for link in json.loads(run("ip", "-json", "link", "show"))}


def ensure_bridge(layout: Layout, block: Block) -> None:
    """Make the bridge with the host's address on it."""
    if layout.bridge not in links():
        run("ip", "link", "add", layout.bridge, "type", "bridge")
    # A fixed address keeps the neighbours' tables valid when a node with a lower one comes.
    run("ip", "link", "set", layout.bridge, "address", f"02:1c:{block.number:02x}:00:00:01", "up")
    run("ip", "address", "replace", f"{block.host}/24", "dev", layout.bridge)


def is_namespace(file: Path) -> bool:
    """Whether a namespace is mounted on the file."""
    return file in mounts.below(file)


def ensure_mount_namespace(layout: Layout) -> bool:
    """Make the mount namespace of all nodes; returns whether it was new.

    The folder of the file must be a private mount: the kernel refuses to mount such a namespace on a shared one.
    """
    file = layout.mount_namespace
    if is_namespace(file):
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    if not mounts.below(file.parent):
        run("mount", "--bind", file.parent, file.parent)
        run("mount", "--make-private", file.parent)
    file.touch()
    commands = []
    for target, source in layout.folders.items():
        source.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        commands.append(f"mount --bind '{source}' '{target}'")
    _unshare_mounts(file, "\n".join(commands))
    return True


def _unshare_mounts(file: Path, script: str) -> None:
    """Make a mount namespace, put it on the file and run the script in it.

    Linux takes a namespace on a file only when its number is higher than that of the caller's namespace. Since 6.18
    each processor counts for itself, so that in a container one processor may be refused where another is not.
    """
    command = ("unshare", f"--mount={file}", "--propagation=private", "sh", "-e")
    failure = StepError("no processor to try")
    for pinned in ((), *(("taskset", "--cpu-list", f"{cpu}") for cpu in sorted(os.sched_getaffinity(0)))):
        try:
            run(*pinned, *command, text=script)
        except StepError as error:
            failure = error
            mounts.unmount_below(file)
        else:
            return
    raise failure


def ensure_node_network(node: Node, block: Block, count: int) -> bool:
    """Make the node's namespace and cable with addresses and routes; returns whether the namespace was new."""
    file = node.network_namespace
    new = not is_namespace(file)
    if new:
        file.touch()
        run("unshare", f"--net={file}", "true")
        with contextlib.suppress(StepError):
            run("ip", "link", "delete", node.link)
    if node.link not in links():
        run("ip", "link", "add", node.link, "type", "veth", "peer", "name", "eth0", "netns", file)
    run("ip", "link", "set", node.link, "master", node.layout.bridge, "up")
    inside(file, *node_network_commands(node.ordinal, block, count))
    return new


def node_network_commands(ordinal: int, block: Block, count: int) -> list[str]:
    """What gives a node's namespace its addresses and routes; may be repeated."""
    others = [other for other in range(1, count + 1) if other != ordinal]
    return [
        "ip link set lo up",
        f"ip address replace {block.node(ordinal)}/24 dev eth0",
        "ip link set eth0 up",
        f"ip route replace default via {block.host}",
        *(f"ip route replace {block.node_pods(other)} via {block.node(other)}" for other in others),
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter",
    ]


def inside(file: Path, *commands: str) -> None:
    """Run commands in a network namespace."""
    run("nsenter", f"--net={file}", "sh", "-e", text="\n".join(commands) + "\n")


def ensure_host_routes(layout: Layout, block: Block, count: int) -> None:
    """Let the host reach pods, and Services through the first node's kube-proxy."""
    for ordinal in range(1, count + 1):
        run(
            "ip",
            "route",
            "replace",
            block.node_pods(ordinal),
            "via",
            block.node(ordinal),
            "dev",
            layout.bridge,
        )
    run("ip", "route", "replace", block.services, "via", block.node(1), "dev", layout.bridge)


def remove_bridge(bridge: str) -> None:
    """Remove the bridge and every cable that hangs on it, with its routes."""
    for link in links():
        if link.startswith(f"{bridge}n"):
            with contextlib.suppress(StepError):
                run("ip", "link", "delete", link)
    if bridge in links():
        run("ip", "link", "delete", bridge)


@dataclass(frozen=True, slots=True)
class Firewall:
    """Rules for hosts that drop what is not allowed (Docker and ufw set such policies). Others need none."""

    bridge: str
    comment: str

    def _rules(self) -> list[tuple[str, list[str]]]:
        note = ["-m", "comment", "--comment", self.comment, "-j", "ACCEPT"]
        return [
            ("INPUT", ["-i", self.bridge, *note]),
            ("FORWARD", ["-i", self.bridge, "-o", self.bridge, *note]),
        ]

    def ensure(self) -> bool:
        """Add the rules where a chain drops by default; returns whether any was needed."""
        needed = False
        for chain, rule in self._rules():
            policy = run("iptables", "--wait", "-S", chain).splitlines()[0]
            if policy.endswith(" DROP"):
                needed = True
                if not self._there(chain, rule):
                    run("iptables", "--wait", "-I", chain, *rule)
        return needed

    def remove(self) -> None:
        """Remove the rules; only call this when `ensure` said that it made some."""
        for chain, rule in self._rules():
            while self._there(chain, rule):
                run("iptables", "--wait", "-D", chain, *rule)

    @staticmethod
    def _there(chain: str, rule: list[str]) -> bool:
        check = ["iptables", "--wait", "-C", chain, *rule]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0
