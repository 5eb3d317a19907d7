"""Failures of nodes, made on purpose by tests: the loss of a node, and a node that is cut off."""

import subprocess

from ci.cluster import cgroups, network
from ci.cluster.layout import Node
from ci.cluster.nodes import cluster_namespace
from ci.cluster.processes import Processes


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
