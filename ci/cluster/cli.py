"""Command line of the local cluster."""

import argparse
import os
import sys
from pathlib import Path

from ci.binaries.groups import ROOT
from ci.cluster import disks, faults, images, status, teardown
from ci.cluster.claim import node_count
from ci.cluster.cluster import Cluster
from ci.cluster.layout import Layout, Node
from ci.cluster.record import load
from ci.cluster.up import up
from ci.progress import StepError, last_lines, say, step

LOG_LINES = 200
NODE_ACTIONS = ("kill", "cut", "join", "freeze", "part", "lose-packets", "slow", "mend")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.cluster", description="A real Kubernetes on this machine."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the cluster, or heal it (NODES=3 nodes)")
    commands.add_parser("stop", help="end its processes and keep its data; `up` brings it back")
    commands.add_parser("down", help="remove it with all its data")
    commands.add_parser("status", help="show components and nodes")
    commands.add_parser("list", help="show every local cluster of this machine")
    load_image = commands.add_parser("load-image", help="load image archives into every node")
    load_image.add_argument("files", nargs="+", type=Path, metavar="FILE")
    tag_image = commands.add_parser("tag-image", help="give an image a second name in every node, for tests")
    tag_image.add_argument("source")
    tag_image.add_argument("target")
    logs = commands.add_parser("logs", help="print the end of a component's log")
    logs.add_argument("component", nargs="?", help="leave out to list them")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it grows")
    node = commands.add_parser("node", help="break a node, for tests")
    node.add_argument("action", choices=NODE_ACTIONS, help="`mend` undoes all but kill, `up` that too")
    node.add_argument("name", help="for example node-2; `mend all` for every node")
    node.add_argument("--from", dest="peers", action="append", default=[], metavar="NODE", help="for part")
    node.add_argument("--one-way", action="store_true", help="part: what the node sends still arrives")
    node.add_argument(
        "--percent", type=float, default=20.0, help="lose-packets: how many of those that arrive"
    )
    node.add_argument("--rate", default="1mbit", help="slow: what the node may send")
    component = commands.add_parser(
        "component", help="freeze a component, for tests; `node mend all` undoes it"
    )
    component.add_argument("action", choices=("freeze", "thaw"))
    component.add_argument("name", help="for example kube-apiserver; `logs` lists them")
    disk = commands.add_parser("disk", help="break disks, for tests; `node mend all` undoes it")
    disk.add_argument("action", choices=("fill", "free", "hold", "release"))
    disk.add_argument("volume", nargs="?", default="", help="fill, free: the handle of a PersistentVolume")
    return parser.parse_args(arguments)


def require_cluster(layout: Layout) -> Cluster:
    """The cluster of this checkout. Raises StepError when there is none."""
    record = load(layout.record)
    if record is None or not layout.kubeconfig.exists():
        raise StepError("no cluster is up here", hint="start one: make cluster-up")
    return Cluster.of(layout, record)


def load_images(layout: Layout, files: list[Path]) -> None:
    """Load image archives into every node."""
    cluster = require_cluster(layout)
    for file in files:
        if not file.is_file():
            raise StepError(f"no such image archive: {file}")
    with step(f"loading {len(files)} images") as current:
        loaded = images.load_everywhere(cluster.nodes, files)
        current.note = ", ".join(f"{file.parent.name}: {count} nodes" for file, count in loaded if count)
        current.note = current.note or "all there"


def show_log(layout: Layout, component: str | None, *, follow: bool) -> None:
    """Print the end of a log, or the names of all."""
    if component is None:
        for path in sorted(layout.logs.glob("*.log")):
            say(path.stem)
        return
    path = layout.logs / f"{component}.log"
    if not path.exists():
        raise StepError(f"no log of {component}", hint="`logs` alone lists the components")
    if follow:
        os.execvp("tail", ["tail", "-n", str(LOG_LINES), "-F", str(path)])
    for line in last_lines(path, LOG_LINES):
        say(line)


def break_node(layout: Layout, arguments: argparse.Namespace) -> None:
    """Make a node fail, or undo that."""
    cluster = require_cluster(layout)
    if (arguments.action, arguments.name) == ("mend", "all"):
        faults.mend(cluster)
        return
    node = _node(cluster, arguments.name)
    match arguments.action:
        case "kill":
            faults.kill_node(node, cluster.processes)
        case "cut":
            faults.cut_node(node)
        case "join":
            faults.join_node(node)
        case "freeze":
            faults.freeze_node(node)
        case "part":
            peers = [_node(cluster, name) for name in arguments.peers]
            peers = peers or [peer for peer in cluster.nodes if peer != node]
            faults.part_nodes(node, peers, cluster.block, one_way=arguments.one_way)
        case "lose-packets":
            faults.lose_packets(node, arguments.percent)
        case "slow":
            faults.slow_node(node, arguments.rate)
        case _:
            faults.mend_node(node)


def break_component(layout: Layout, action: str, name: str) -> None:
    """Freeze a component, or undo that."""
    processes = require_cluster(layout).processes
    (faults.freeze_component if action == "freeze" else faults.thaw_component)(processes, name)


def break_disk(layout: Layout, action: str, volume: str) -> None:
    """Fill a volume or hold all of them, or undo that."""
    require_cluster(layout)
    match action:
        case "fill":
            disks.fill_volume(layout, volume)
        case "free":
            disks.free_volume(layout, volume)
        case "hold":
            disks.hold_storage(layout)
        case _:
            disks.release_storage(layout)


def _node(cluster: Cluster, name: str) -> Node:
    for node in cluster.nodes:
        if node.name == name:
            return node
    raise StepError(f"no node is called {name}: {', '.join(node.name for node in cluster.nodes)}")


def perform(layout: Layout, arguments: argparse.Namespace) -> int:
    """Do what the command line asks for and give the exit status."""
    match arguments.command:
        case "up":
            up(layout, node_count())
        case "stop":
            teardown.stop(layout)
        case "down":
            teardown.down(layout)
        case "status":
            return status.show(layout)
        case "list":
            teardown.list_clusters()
        case "load-image":
            load_images(layout, arguments.files)
        case "tag-image":
            images.tag_everywhere(require_cluster(layout).nodes, arguments.source, arguments.target)
        case "logs":
            show_log(layout, arguments.component, follow=arguments.follow)
        case "component":
            break_component(layout, arguments.action, arguments.name)
        case "disk":
            break_disk(layout, arguments.action, arguments.volume)
        case _:
            break_node(layout, arguments)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; the exit status is 1 after a failure."""
    try:
        return perform(Layout(ROOT.resolve()), parse(arguments))
    except StepError as failure:
        print(failure.render(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return 130
