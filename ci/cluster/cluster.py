"""A cluster as the other modules handle it: its record, its processes, and everything that it should run."""

from dataclasses import dataclass

from ci.cluster import cgroups, control_plane, network, nodes, storage
from ci.cluster.addresses import Block
from ci.cluster.api import Api, ApiError
from ci.cluster.layout import Layout, Node
from ci.cluster.pki import Authority
from ci.cluster.processes import Daemon, Processes
from ci.cluster.record import Record

SYSTEM_GROUP = "system"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that the steps share."""

    layout: Layout
    record: Record
    processes: Processes
    authority: Authority

    @classmethod
    def of(cls, layout: Layout, record: Record) -> "Cluster":
        """The cluster of a record."""
        processes = Processes(
            folder=layout.run / "processes",
            logs=layout.logs,
            tracking_file=cgroups.tracking_file(f"{layout.cgroup}/{SYSTEM_GROUP}"),
            programs=layout.bin,
        )
        return cls(layout, record, processes, Authority(layout.pki))

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

    def is_healthy(self) -> bool:
        """Whether there is nothing to do: everything runs as it should and all nodes are ready."""
        layout = self.layout
        namespaces = [layout.mount_namespace, *(node.network_namespace for node in self.nodes)]
        if not layout.kubeconfig.exists() or not all(map(network.is_namespace, namespaces)):
            return False
        if not {layout.bridge, *(node.link for node in self.nodes)} <= network.links():
            return False
        if not all(self.processes.is_current(daemon) for daemon in Daemons.of(self).all()):
            return False
        try:
            return self.api.ready_nodes() >= {node.name for node in self.nodes}
        except (OSError, ApiError):
            return False


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
        """What the cluster should run; writes certificates and configuration files that lack or differ."""
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
        return [
            self.store,
            self.api_server,
            *self.controllers,
            *self.runtimes,
            *self.agents,
            *self.storage,
        ]
