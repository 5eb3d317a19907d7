"""`up`: brings a cluster to where it should be, from nothing, from a stopped one or from any half state."""

import shutil
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from ci.binaries import build, debian
from ci.binaries.groups import select
from ci.cluster import cgroups, control_plane, faults, images, machine, network, pause, storage
from ci.cluster.api import ApiError, wait_until
from ci.cluster.claim import claim
from ci.cluster.cluster import SYSTEM_GROUP, Cluster, Daemons
from ci.cluster.control_plane import ETCD_PORT
from ci.cluster.layout import Layout, Node
from ci.cluster.processes import Daemon
from ci.cluster.record import cluster_lock
from ci.cluster.teardown import end_everything
from ci.progress import StepError, say, step

API_SECONDS = 90.0
SOCKET_SECONDS = 60.0
READY_SECONDS = 180.0


def up(layout: Layout, count: int | None) -> None:
    """Bring the cluster up, with so many nodes; None means as many as it had, or 3. Raises StepError."""
    machine.check(layout.state)
    with cluster_lock(layout):
        debian.ensure()
        with step("programs"):
            ensure_programs(layout)
        cluster = Cluster.of(layout, claim(layout, count))
        faults.mend(cluster)
        if cluster.authority.certificate.exists() and cluster.is_healthy():
            say("the cluster is up already")
            return
        with step("network"):
            prepare(cluster)
        daemons = Daemons.of(cluster)
        with ThreadPoolExecutor() as pool:
            runtimes = [
                pool.submit(start_runtime, cluster, node, daemon)
                for node, daemon in zip(cluster.nodes, daemons.runtimes, strict=True)
            ]
            start_control_plane(cluster, daemons)
            with step(f"{len(cluster.nodes)} nodes and storage"):
                for runtime in runtimes:
                    runtime.result()
                start_nodes(cluster, daemons)
        say(f"cluster ready: KUBECONFIG={layout.kubeconfig}")


def ensure_programs(layout: Layout) -> None:
    """Build and link what the cluster runs."""
    version = build.go_version()
    for group in select(["cluster"]):
        build.link(build.ensure(group, version), group.programs, layout.bin)


def prepare(cluster: Cluster) -> None:
    """Make certificates, control groups, namespaces and wires."""
    layout, block, count = cluster.layout, cluster.block, cluster.record.nodes
    if not network.is_namespace(layout.mount_namespace) and cgroups.processes(layout.cgroup):
        end_everything(layout)  # processes whose namespace has gone cannot be helped
    machine.raise_sysctls()
    cgroups.make(f"{layout.cgroup}/{SYSTEM_GROUP}")
    cluster.authority.ensure()
    network.ensure_bridge(layout, block)
    network.ensure_mount_namespace(layout)
    for node in cluster.nodes:
        cgroups.make(node.cgroup)
        if network.ensure_node_network(node, block, count):
            cluster.processes.stop(list(node.daemons), grace_seconds=0.0)
            cgroups.kill(node.cgroup)
    network.ensure_host_routes(layout, block, count)
    if network.Firewall(layout.bridge, layout.cgroup).ensure():
        cluster.record.but(firewall=True).save()
    if not pause_archive(layout).exists():
        pause.write_archive(layout.bin / "pause", pause_archive(layout))
    shutil.copyfile(control_plane.admin(cluster.authority, block), layout.kubeconfig)
    layout.kubeconfig.chmod(0o600)


def start_runtime(cluster: Cluster, node: Node, daemon: Daemon) -> None:
    """Start a node's containerd with the pause image in it."""
    cluster.processes.ensure(daemon)
    _wait(cluster, daemon.name, partial(accepts, node.host_socket), SOCKET_SECONDS)
    store = images.ImageStore(node)
    archive = pause_archive(cluster.layout)
    if not store.has(archive):
        store.import_whole(archive)


def accepts(path: Path) -> bool:
    """Whether a program listens on the unix socket; a killed one leaves the file."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def answers(address: str, port: int) -> bool:
    """Whether a program listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((address, port)) == 0


def pause_archive(layout: Layout) -> Path:
    """The archive of the pause image; its name says which program is in it."""
    program = (layout.bin / "pause").resolve()
    return layout.config / f"{program.parent.name}.tar"


def start_control_plane(cluster: Cluster, daemons: Daemons) -> None:
    """Start the control plane and wait until the API server serves."""
    with step("control plane"):
        cluster.processes.ensure(daemons.store)
        cluster.processes.ensure(daemons.api_server)
        _wait(cluster, daemons.store.name, partial(answers, cluster.block.loopback, ETCD_PORT), API_SECONDS)
        _wait(cluster, daemons.api_server.name, cluster.api.is_ready, API_SECONDS)
        control_plane.allow_name_server(cluster.api)
        for daemon in daemons.controllers:
            cluster.processes.ensure(daemon)


def start_nodes(cluster: Cluster, daemons: Daemons) -> None:
    """Start the nodes' agents and the storage, and wait until all nodes are ready."""
    started = time.time()
    said_before = cluster.api.ready_nodes()
    fresh = {daemon.name for daemon in daemons.agents if cluster.processes.ensure(daemon)}
    storage.compile_protocols()
    storage.apply_definitions(cluster.api)
    for daemon in daemons.storage:
        cluster.processes.ensure(daemon)
    # The API server believes for a while that a node lives whose kubelet was killed.
    restarted = {name for name in said_before if f"kubelet-{name}" in fresh}
    if wait_until(partial(_nodes_ready, cluster, restarted, started), READY_SECONDS, 0.25):
        return
    lacking = sorted({node.name for node in cluster.nodes} - cluster.api.ready_nodes())
    raise StepError(
        f"not ready after {READY_SECONDS:.0f} s: {', '.join(lacking) or 'storage'}",
        log=cluster.processes.log(f"kubelet-{lacking[0]}" if lacking else "csi-controller"),
        hint="is the machine short of memory or CPU? `python -m ci.cluster logs` lists all logs",
    )


def _nodes_ready(cluster: Cluster, restarted: set[str], since: float) -> bool:
    """Whether the nodes are ready, by what they said after `since`, and their kubelets know the driver."""
    wanted = {node.name for node in cluster.nodes}
    try:
        drivers = {
            node["metadata"]["name"]
            for node in cluster.api.get("/apis/storage.k8s.io/v1/csinodes")["items"]
            if node["spec"].get("drivers")
        }
        alive = cluster.api.nodes_alive_since(since)
        return cluster.api.ready_nodes() >= wanted and drivers >= wanted and alive >= restarted
    except (OSError, ApiError):
        return False


def _wait(cluster: Cluster, name: str, condition: Callable[[], bool], timeout_seconds: float) -> None:
    """Wait for a component to work. Raises StepError at once when its process ends."""

    def settled() -> bool:
        return condition() or cluster.processes.identity(name) is None

    done = wait_until(settled, timeout_seconds)
    if not condition():
        what = "ended at once" if done else f"does not answer after {timeout_seconds:.0f} s"
        raise StepError(f"{name} {what}", log=cluster.processes.log(name), hint=_hint(name))


def _hint(name: str) -> str:
    return f"`python -m ci.cluster logs {name}` has the whole log; `down` and `up` start afresh"
