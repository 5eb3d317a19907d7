"""Failures made on purpose by tests: nodes lost, frozen, cut off or slow, components frozen.

`mend` undoes all of them but a lost node, and full and held disks (disks.py) as well. `up` mends first.
"""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ci.cluster import cgroups, disks, network
from ci.cluster.addresses import Block
from ci.cluster.cluster import Cluster
from ci.cluster.layout import Node
from ci.cluster.nodes import cluster_namespace
from ci.cluster.processes import Processes
from ci.progress import StepError

NODE_PROGRAMS = frozenset({"kubelet", "containerd"})
CHAIN = "FAULTS"
"""Chain of the node's own table `raw`, before anything else looks at a packet."""


def kill_node(node: Node, processes: Processes) -> None:
    """End a node as if its power had failed: no process of it gets a chance, and nobody is told.

    `up` starts it again.
    """
    cut_node(node)
    processes.stop(list(node.daemons), grace_seconds=0.0)
    cgroups.kill(node.cgroup)
    # What a reboot would have unmounted. Volumes can then be deleted or used by other nodes.
    folders = f"{node.kubelet_root}/ {node.containerd_state}/"
    script = f"""for folder in {folders}; do
      awk -v f="$folder" 'index($5, f) == 1 {{ print $5 }}' /proc/self/mountinfo | sort -r |
      while read -r path; do umount "$path" || umount --lazy "$path"; done
    done"""
    subprocess.run(
        ["nsenter", *cluster_namespace(node.layout), "sh", "-c", script], capture_output=True, check=False
    )


def cut_node(node: Node) -> None:
    """Pull the node's network cable; its processes go on."""
    network.run("ip", "link", "set", node.link, "down")


def join_node(node: Node) -> None:
    """Plug the cable in again."""
    network.run("ip", "link", "set", node.link, "up")


def freeze_node(node: Node) -> None:
    """Let every process of the node stand still, those of its pods too; connections stay open."""
    cgroups.signal_all(node.cgroup, signal.SIGSTOP)


def part_nodes(node: Node, peers: Iterable[Node], block: Block, *, one_way: bool) -> None:
    """Let nothing that these peers and their pods send reach the node, nor, unless one way, the other way round."""
    rules = []
    for peer in peers:
        for address in (block.node(peer.ordinal), block.node_pods(peer.ordinal)):
            rules.append(f"-s {address} -j DROP")
            if not one_way:
                rules.append(f"-d {address} -j DROP")
    _add_rules(node, rules)


def lose_packets(node: Node, percent: float) -> None:
    """Drop some of what arrives at the node, by chance."""
    _add_rules(node, [f"-m statistic --mode random --probability {percent / 100} -j DROP"])


def slow_node(node: Node, rate: str) -> None:
    """Limit what the node sends, for example to 1mbit; what waits longer than 400 ms is dropped."""
    network.inside(
        node.network_namespace, f"tc qdisc replace dev eth0 root tbf rate {rate} burst 32kbit latency 400ms"
    )


def freeze_component(processes: Processes, name: str) -> None:
    """Let a component stand still, the API server for example: who asks it gets no answer."""
    _signal_component(processes, name, signal.SIGSTOP)


def thaw_component(processes: Processes, name: str) -> None:
    """Let it go on."""
    _signal_component(processes, name, signal.SIGCONT)


def _signal_component(processes: Processes, name: str, number: signal.Signals) -> None:
    identity = processes.identity(name)
    if identity is None:
        raise StepError(f"{name} does not run: {', '.join(processes.names())}")
    os.killpg(identity.pid, number)


def mend(cluster: Cluster) -> None:
    """Undo every fault but `kill`; does nothing where there is none."""
    # Nodes first: their daemons tell whether a whole one was frozen.
    for node in cluster.nodes:
        mend_node(node)
    for name in cluster.processes.names():
        with contextlib.suppress(StepError, ProcessLookupError):
            thaw_component(cluster.processes, name)
    disks.release_storage(cluster.layout)
    disks.free_volumes(cluster.layout)


def mend_node(node: Node) -> None:
    """Undo every fault of a node but `kill`; does nothing on a node that has none, and nothing to what stands still alone."""
    if cgroups.stands_still(node.cgroup, NODE_PROGRAMS):
        cgroups.signal_all(node.cgroup, signal.SIGCONT)
    with contextlib.suppress(StepError):
        join_node(node)
    file = node.network_namespace
    for command in (
        "tc qdisc delete dev eth0 root",
        *(f"iptables --wait -t raw -D {hook} -j {CHAIN}" for hook in ("PREROUTING", "OUTPUT")),
        f"iptables --wait -t raw -F {CHAIN}",
        f"iptables --wait -t raw -X {CHAIN}",
    ):
        # What is not there can't be removed.
        with contextlib.suppress(StepError):
            network.inside(file, command)


def _add_rules(node: Node, rules: Iterable[str]) -> None:
    file: Path = node.network_namespace
    with contextlib.suppress(StepError):
        network.inside(file, f"iptables --wait -t raw -N {CHAIN}")
    for hook in ("PREROUTING", "OUTPUT"):
        rule = f"{hook} -j {CHAIN}"
        network.inside(
            file, f"iptables --wait -t raw -C {rule} 2>/dev/null || iptables --wait -t raw -I {rule}"
        )
    network.inside(file, *(f"iptables --wait -t raw -A {CHAIN} {rule}" for rule in rules))
