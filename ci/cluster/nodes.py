"""A node: containerd, kubelet and kube-proxy in its network namespace, and what they are told."""

import json
import shutil
from pathlib import Path

from ci.cluster import pause
from ci.cluster.addresses import Block
from ci.cluster.control_plane import DOMAIN, api_url, write_changed
from ci.cluster.layout import Layout, Node
from ci.cluster.pki import Authority, Subject
from ci.cluster.processes import SYSTEM_PATH, Daemon

CNI_PLUGINS = "/usr/lib/cni"
# Plugins of containerd that would look at devices and file systems which are not there.
UNUSED_PLUGINS = (
    "io.containerd.internal.v1.tracing",
    "io.containerd.nri.v1.nri",
    "io.containerd.snapshotter.v1.blockfile",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.erofs",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.tracing.processor.v1.otlp",
)


def namespaces(node: Node) -> tuple[str, ...]:
    """Options with which nsenter goes into the node."""
    return (f"--mount={node.layout.mount_namespace}", f"--net={node.network_namespace}")


def cluster_namespace(layout: Layout) -> tuple[str, ...]:
    """Options with which nsenter goes to where all nodes' mounts are seen, on the host's network."""
    return (f"--mount={layout.mount_namespace}",)


def render_containerd(node: Node, cni: Path) -> str:
    """containerd's configuration."""
    runc = shutil.which("runc", path=SYSTEM_PATH) or "runc"
    unused = ", ".join(f"'{plugin}'" for plugin in UNUSED_PLUGINS)
    return f"""\
version = 3
root = '{node.containerd_root}'
state = '{node.containerd_state}'
disabled_plugins = [{unused}]

[grpc]
  address = '{node.containerd_state}/containerd.sock'

# Image and container records may be lost with the machine; the cluster is for tests.
[plugins.'io.containerd.metadata.v1.bolt']
  no_sync = true

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{pause.NAME}'

[plugins.'io.containerd.cri.v1.runtime']
  # Machines without CAP_SYS_RESOURCE refuse the sandbox's negative score, and no pod would start.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['{CNI_PLUGINS}']
    conf_dir = '{cni}'
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = '{runc}'
        SystemdCgroup = false
"""


def render_cni(node: Node, block: Block) -> str:
    """The pods' network: a bridge in the node's namespace, addresses from the node's range."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "hairpinMode": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(node.cni_leases),
            "ranges": [[{"subnet": block.node_pods(node.ordinal)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    document = {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}
    return json.dumps(document, indent=2) + "\n"


def render_kubelet(
    node: Node, block: Block, authority: Authority, pair: tuple[Path, Path], resolv: Path
) -> str:
    """The kubelet's configuration."""
    document = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pair[0]),
        "tlsPrivateKeyFile": str(pair[1]),
        "containerRuntimeEndpoint": f"unix://{node.containerd_state}/containerd.sock",
        "podLogsDir": str(node.pod_logs),
        "volumePluginDir": str(node.kubelet_root / "volume-plugins"),
        "resolvConf": str(resolv),
        "clusterDNS": [block.host],
        "clusterDomain": DOMAIN,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": node.cgroup,
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "maxPods": 100,
        # The machine's disk and memory belong to others as well: a nearly full disk is no reason to evict.
        "evictionHard": {
            "memory.available": "1%",
            "nodefs.available": "1%",
            "nodefs.inodesFree": "1%",
            "imagefs.available": "1%",
            "imagefs.inodesFree": "1%",
        },
        # Images come from files and could not be had again: never collect them.
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
    }
    return json.dumps(document, indent=2) + "\n"


def render_proxy(node: Node, block: Block, kubeconfig: Path) -> str:
    """kube-proxy's configuration. Limits of connection tracking can't be set in a namespace, so none are asked."""
    document = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "hostnameOverride": node.name,
        "clientConnection": {"kubeconfig": str(kubeconfig)},
        "mode": "iptables",
        "clusterCIDR": block.pods,
        "detectLocalMode": "ClusterCIDR",
        "oomScoreAdj": 0,
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
        "iptables": {"minSyncPeriod": "0s", "syncPeriod": "30s"},
    }
    return json.dumps(document, indent=2) + "\n"


def containerd(node: Node, block: Block) -> Daemon:
    """The container runtime."""
    folder = node.layout.config / node.name
    cni = folder / "cni" / "10-pods.conflist"
    write_changed(cni, render_cni(node, block))
    path = folder / "containerd.toml"
    write_changed(path, render_containerd(node, cni.parent))
    command = ("containerd", f"--config={path}", "--log-level=info")
    return Daemon(f"containerd-{node.name}", command, namespaces(node), files=(path, cni))


def kubelet(node: Node, block: Block, authority: Authority) -> Daemon:
    """The node's agent."""
    subject = Subject(
        f"kubelet-{node.name}",
        f"system:node:{node.name}",
        ("system:nodes",),
        (node.name, block.node(node.ordinal)),
    )
    kubeconfig = authority.kubeconfig(subject, api_url(block))
    folder = node.layout.config / node.name
    resolv = folder / "resolv.conf"
    write_changed(resolv, "# the pods' name server comes from clusterDNS\n")
    path = folder / "kubelet.json"
    write_changed(path, render_kubelet(node, block, authority, authority.pair(subject), resolv))
    command = (
        "kubelet",
        f"--config={path}",
        f"--kubeconfig={kubeconfig}",
        f"--root-dir={node.kubelet_root}",
        f"--cert-dir={node.kubelet_root / 'pki'}",
        f"--hostname-override={node.name}",
        f"--node-ip={block.node(node.ordinal)}",
        f"--node-labels=topology.kubernetes.io/zone={node.zone}",
    )
    return Daemon(f"kubelet-{node.name}", command, namespaces(node), files=(path,))


def proxy(node: Node, block: Block, authority: Authority) -> Daemon:
    """What makes Services work on the node."""
    kubeconfig = authority.kubeconfig(Subject("kube-proxy", "system:kube-proxy"), api_url(block))
    path = node.layout.config / node.name / "kube-proxy.json"
    write_changed(path, render_proxy(node, block, kubeconfig))
    return Daemon(
        f"kube-proxy-{node.name}", ("kube-proxy", f"--config={path}"), namespaces(node), files=(path,)
    )
