"""`up`: brings a cluster to where it should be, from nothing, from a stopped one or from any half state."""

import os
import shutil
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ci.binaries import build, debian
from ci.binaries.groups import select
from ci.cluster import cgroups, control_plane, images, machine, network, nodes, pause, storage
from ci.cluster.addresses import Block, NoFreeBlockError, choose_block
from ci.cluster.api import Api, ApiError, wait_until
from ci.cluster.layout import MOST_NODES, Layout, Node
from ci.cluster.pki import Authority
from ci.cluster.processes import Daemon, Processes, boot_id
from ci.cluster.record import Record, all_records, load, machine_lock
from ci.cluster.teardown import end_everything
from ci.progress import StepError, say, step

API_SECONDS = 90.0
SOCKET_SECONDS = 60.0
READY_SECONDS = 120.0
SYSTEM_GROUP = "system"
USUAL_NODES = 3
DNS_ROLE = """
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:coredns"},
 "rules": [
  {"apiGroups": [""], "resources": ["services", "pods", "namespaces", "endpoints"], "verbs": ["list", "watch"]},
  {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]}]}
"""
DNS_BINDING = """
{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "system:coredns"},
 "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"},
 "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:coredns"}]}
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that the steps share."""

    layout: Layout
    record: Record
    processes: Processes
    authority: Authority

    @property
    def block(self) -> Block:
        """The cluster's addresses."""
        return self.record.addresses

    @property
    def nodes(self) -> list[Node]:
        """Its nodes."""
        return [self.layout.node(ordinal) for ordinal in range(1, self.record.nodes + 1)]

    @property
    def api(self) -> Api:
        """A client with all rights."""
        return Api(self.layout.kubeconfig)


def open_cluster(layout: Layout, record: Record) -> Cluster:
    """The cluster of a record."""
    processes = Processes(
        folder=layout.run / "processes",
        logs=layout.logs,
        tracking_file=cgroups.tracking_file(f"{layout.cgroup}/{SYSTEM_GROUP}"),
        path=str(layout.bin),
    )
    return Cluster(layout, record, processes, Authority(layout.pki))


def up(layout: Layout, count: int | None) -> None:
    """Bring the cluster up, with so many nodes; None means as many as it had, or 3. Raises StepError."""
    machine.check(layout.state)
    debian.ensure()
    with step("programs"):
        ensure_programs(layout)
    record = claim(layout, count)
    cluster = open_cluster(layout, record)
    if is_healthy(cluster):
        say("the cluster is up already")
        return
    with step("network"):
        prepare(cluster)
    daemons = Daemons.of(cluster)
    with ThreadPoolExecutor() as pool:
        runtimes = [pool.submit(start_runtime, cluster, node) for node in cluster.nodes]
        start_control_plane(cluster, daemons)
        start_nodes(cluster, daemons, [runtime.result for runtime in runtimes])
    say(f"cluster ready: KUBECONFIG={layout.kubeconfig}")


def ensure_programs(layout: Layout) -> None:
    """Build and link what the cluster runs."""
    version = build.go_version()
    for group in select(["cluster"]):
        build.link(build.ensure(group, version), group.programs, layout.bin)


def claim(layout: Layout, count: int | None) -> Record:
    """The cluster's record, made with free addresses for a new one, and brought up to date for an old one."""
    with machine_lock():
        record = load(layout.record)
        saved = load(layout.state / "cluster.json")  # survives a reboot, where the other does not
        kept = record or saved
        if kept is not None:
            if kept.boot_id != boot_id():
                shutil.rmtree(layout.run, ignore_errors=True)
            if count is not None and count < kept.nodes:
                raise StepError(
                    f"the cluster has {kept.nodes} nodes and cannot shrink to {count}",
                    hint="start afresh: `python -m ci.cluster down`, then `up`",
                )
            record = kept.but(boot_id=boot_id(), nodes=count or kept.nodes, checkout=str(layout.checkout))
            _require_free(layout, record)
        else:
            others = all_records()
            theirs = [str(other.addresses.network) for other in others]
            try:
                block = choose_block([*theirs, *network.used_networks(layout.bridge)])
            except NoFreeBlockError:
                raise StepError(
                    "no free network 10.200.0.0/16 to 10.249.0.0/16",
                    hint="end other clusters (`python -m ci.cluster list`) or remove routes (`ip route`)",
                ) from None
            record = Record(
                checkout=str(layout.checkout),
                block=block.number,
                nodes=count or USUAL_NODES,
                boot_id=boot_id(),
                state=str(layout.state.resolve()),
                # The last cluster that goes puts back what the first one found.
                folders=tuple(str(path) for path in layout.folders if others or not path.exists()),
                sysctls=others[0].sysctls if others else machine.read_sysctls(),
            )
        record.save()
        shutil.copyfile(layout.record, layout.state / "cluster.json")
        return record


def _require_free(layout: Layout, record: Record) -> None:
    """Raise StepError when something else took the addresses of a stopped cluster."""
    mine = record.addresses.network
    for other in network.used_networks(layout.bridge):
        if choose_block_conflicts(mine, other):
            raise StepError(
                f"the cluster's network {mine} is used by this machine now ({other})",
                hint="remove that, or start afresh: `python -m ci.cluster down`, then `up`",
            )


def choose_block_conflicts(mine: object, other: str) -> bool:
    """Whether a network of the host lies in the cluster's block."""
    import ipaddress  # noqa: PLC0415 - moved below

    network_of_host = ipaddress.IPv4Network(other, strict=False)
    return (
        isinstance(mine, ipaddress.IPv4Network)
        and network_of_host.prefixlen > 0
        and mine.overlaps(network_of_host)
    )


def is_healthy(cluster: Cluster) -> bool:
    """Whether there is nothing to do."""
    layout = cluster.layout
    if not layout.kubeconfig.exists() or not network.is_namespace(layout.mount_namespace):
        return False
    if any(not network.is_namespace(node.network_namespace) for node in cluster.nodes):
        return False
    if not {layout.bridge, *(node.link for node in cluster.nodes)} <= network.links():
        return False
    if not all(cluster.processes.is_current(daemon) for daemon in Daemons.of(cluster).all()):
        return False
    try:
        return cluster.api.ready_nodes() >= {node.name for node in cluster.nodes}
    except (OSError, ApiError):
        return False


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
    admin = control_plane.admin(cluster.authority, block)
    shutil.copyfile(admin, layout.kubeconfig)
    layout.kubeconfig.chmod(0o600)


@dataclass(frozen=True, slots=True)
class Daemons:
    """All components of a cluster, by the order in which they can start."""

    store: Daemon
    api_server: Daemon
    controllers: list[Daemon]
    runtimes: list[Daemon]
    agents: list[Daemon]
    storage: list[Daemon]

    @classmethod
    def of(cls, cluster: Cluster) -> "Daemons":
        """What the cluster should run; writes the configuration files."""
        layout, block, authority = cluster.layout, cluster.block, cluster.authority
        return cls(
            store=control_plane.etcd(layout, block, authority),
            api_server=control_plane.api_server(block, authority),
            controllers=[
                control_plane.controller_manager(block, authority),
                control_plane.scheduler(block, authority),
                control_plane.coredns(layout, block, authority),
            ],
            runtimes=[nodes.containerd(node, block) for node in cluster.nodes],
            agents=[
                daemon
                for node in cluster.nodes
                for daemon in (nodes.kubelet(node, block, authority), nodes.proxy(node, block, authority))
            ],
            storage=[
                *(storage.node_driver(node) for node in cluster.nodes),
                *storage.control_plane(layout, layout.kubeconfig),
            ],
        )

    def all(self) -> list[Daemon]:
        """Every one."""
        return [self.store, self.api_server, *self.controllers, *self.runtimes, *self.agents, *self.storage]


def start_runtime(cluster: Cluster, node: Node) -> None:
    """Start a node's containerd with the pause image in it."""
    daemon = nodes.containerd(node, cluster.block)
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


def pause_archive(layout: Layout) -> Path:
    """The archive of the pause image; its name says which program is in it."""
    program = (layout.bin / "pause").resolve()
    return layout.config / f"{program.parent.name}.tar"


def start_control_plane(cluster: Cluster, daemons: Daemons) -> None:
    """Start the control plane and wait until the API server serves."""
    with step("control plane"):
        cluster.processes.ensure(daemons.store)
        cluster.processes.ensure(daemons.api_server)
        _wait(cluster, daemons.api_server.name, cluster.api.is_ready, API_SECONDS)
        for daemon in daemons.controllers:
            cluster.processes.ensure(daemon)
        roles = "/apis/rbac.authorization.k8s.io/v1"
        cluster.api.apply(f"{roles}/clusterroles/system:coredns", DNS_ROLE)
        cluster.api.apply(f"{roles}/clusterrolebindings/system:coredns", DNS_BINDING)


def start_nodes(cluster: Cluster, daemons: Daemons, runtimes: list[Callable[[], None]]) -> None:
    """Start the nodes' agents and the storage, and wait until all nodes are ready."""
    with step(f"{len(cluster.nodes)} nodes"):
        for runtime in runtimes:
            runtime()
        for daemon in daemons.agents:
            cluster.processes.ensure(daemon)
        with step("storage"):
            storage.compile_protocols()
            storage.apply_definitions(cluster.api)
            for daemon in daemons.storage:
                cluster.processes.ensure(daemon)
        wanted = {node.name for node in cluster.nodes}
        ready = partial(_nodes_ready, cluster, wanted)
        if not wait_until(ready, READY_SECONDS, 0.25):
            lacking = sorted(wanted - cluster.api.ready_nodes())
            raise StepError(
                f"not ready after {READY_SECONDS:.0f} s: {', '.join(lacking)}",
                log=cluster.processes.log(f"kubelet-{lacking[0]}") if lacking else None,
                hint="`python -m ci.cluster logs kubelet-node-1` says more; is the machine short of memory or CPU?",
            )


def _nodes_ready(cluster: Cluster, wanted: set[str]) -> bool:
    """Whether the nodes are ready and the drivers known to their kubelets."""
    try:
        drivers = {
            node["metadata"]["name"]
            for node in cluster.api.get("/apis/storage.k8s.io/v1/csinodes")["items"]
            if node["spec"].get("drivers")
        }
        return cluster.api.ready_nodes() >= wanted and drivers >= wanted
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
    if name == "kube-apiserver":
        return "it needs etcd: `python -m ci.cluster logs etcd`"
    return f"`python -m ci.cluster logs {name}` has the whole log; `down` and `up` start afresh"


def node_count() -> int | None:
    """How many nodes NODES asks for, or None when it asks for nothing.

    Raises StepError for what is no number from 1 to 9.
    """
    text = os.environ.get("NODES", "")
    if not text:
        return None
    if not text.isdigit() or not 1 <= int(text) <= MOST_NODES:
        raise StepError(f"NODES={text} is not a number from 1 to {MOST_NODES}")
    return int(text)
