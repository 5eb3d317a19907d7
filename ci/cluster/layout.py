"""Where everything of a cluster lies, from the path of its checkout alone."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

MOST_NODES = 9
RUN_ROOT = Path("/run/mysql-innodb-cluster")


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths and names of the cluster of one checkout."""

    checkout: Path

    @property
    def id(self) -> str:
        """Eight hexadecimal digits that differ between checkouts."""
        return hashlib.sha256(os.fsencode(self.checkout)).hexdigest()[:8]

    @property
    def state(self) -> Path:
        """What survives `stop` and a reboot. It may be a link to a larger disk."""
        return self.checkout / ".cluster"

    @property
    def run(self) -> Path:
        """What lives as long as the processes: namespaces, sockets, pid files."""
        return RUN_ROOT / self.id

    @property
    def record(self) -> Path:
        """What was made and for whom, so that it can be removed when the checkout has gone."""
        return self.run / "cluster.json"

    @property
    def saved_record(self) -> Path:
        """A copy of the record that survives a reboot."""
        return self.state / "cluster.json"

    @property
    def bin(self) -> Path:
        """Links to the programs."""
        return self.state / "bin"

    @property
    def logs(self) -> Path:
        """One log for each component."""
        return self.state / "logs"

    @property
    def pki(self) -> Path:
        """Keys, certificates and kubeconfigs of the components."""
        return self.state / "pki"

    @property
    def etcd(self) -> Path:
        """The data of etcd."""
        return self.state / "etcd"

    @property
    def config(self) -> Path:
        """Generated configuration files."""
        return self.state / "config"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def pool(self) -> Path:
        """The folder of the CSI driver: its file system and where that is mounted."""
        return self.state / "pool"

    @property
    def csi_socket(self) -> Path:
        """Where the sidecars of the control plane find the CSI driver."""
        return self.run / "csi" / "csi.sock"

    @property
    def mount_namespace(self) -> Path:
        """The file that holds the mount namespace of all nodes, in which nothing of the host can be hurt."""
        return self.run / "namespaces" / "mnt"

    @property
    def folders(self) -> dict[Path, Path]:
        """The cluster's own folders (values) behind paths that programs have built in (keys).

        Other container engines and kubelets of the machine use the same paths; in the cluster's mount namespace
        these folders cover theirs.
        """
        return {
            Path("/run/containerd"): self.run / "containerd",
            Path("/var/lib/cni"): self.run / "cni",
            Path("/var/lib/containerd"): self.state / "nodes" / "containerd",
            Path("/var/lib/kubelet"): self.state / "nodes" / "kubelet",
            Path("/var/log/pods"): self.state / "nodes" / "logs" / "pods",
            Path("/var/log/containers"): self.state / "nodes" / "logs" / "containers",
        }

    @property
    def bridge(self) -> str:
        """The host's bridge that all nodes hang on (at most 15 characters)."""
        return f"ic{self.id}"

    @property
    def cgroup(self) -> str:
        """The control group that every process of the cluster is in, relative to each hierarchy's root."""
        return f"mysql-innodb-cluster-{self.id}"

    def node(self, ordinal: int) -> "Node":
        """Paths and names of one node, counted from 1."""
        return Node(self, ordinal)


@dataclass(frozen=True, slots=True)
class Node:
    """Paths and names of one node; the paths are those inside the cluster's mount namespace."""

    layout: Layout
    ordinal: int

    @property
    def name(self) -> str:
        """The name of the Node object."""
        return f"node-{self.ordinal}"

    @property
    def zone(self) -> str:
        """The value of the label topology.kubernetes.io/zone."""
        return f"zone-{self.ordinal}"

    @property
    def network_namespace(self) -> Path:
        """The file that holds the node's network namespace."""
        return self.layout.run / "namespaces" / self.name

    @property
    def containerd_root(self) -> Path:
        """Images, layers and containers."""
        return Path("/var/lib/containerd") / self.name

    @property
    def containerd_state(self) -> Path:
        """What containerd keeps of running containers, and its socket."""
        return Path("/run/containerd") / self.name

    @property
    def host_socket(self) -> Path:
        """containerd's socket, as the host sees it."""
        return self.layout.run / "containerd" / self.name / "containerd.sock"

    @property
    def kubelet_root(self) -> Path:
        """The kubelet's files and the pods' volumes."""
        return Path("/var/lib/kubelet") / self.name

    @property
    def pod_logs(self) -> Path:
        """What the containers print."""
        return Path("/var/log/pods") / self.name

    @property
    def cni_leases(self) -> Path:
        """Which addresses pods have."""
        return Path("/var/lib/cni") / self.name

    @property
    def link(self) -> str:
        """The host's end of the node's network cable (at most 15 characters)."""
        return f"{self.layout.bridge}n{self.ordinal}"

    @property
    def cgroup(self) -> str:
        """The control group of the node's pods, as the kubelet wants it: absolute."""
        return f"/{self.layout.cgroup}/{self.name}"

    @property
    def daemons(self) -> tuple[str, ...]:
        """The names of the node's own processes."""
        return tuple(f"{kind}-{self.name}" for kind in ("kubelet", "kube-proxy", "containerd", "csi"))
