"""Where a cluster lies and what it is called."""

from pathlib import Path

from ci.cluster.layout import MOST_NODES, Layout

KERNEL_NAME_LIMIT = 15
SOCKET_PATH_LIMIT = 107


def test_two_checkouts_have_two_clusters() -> None:
    """The identifier comes from the path, so nothing of theirs has the same name."""
    one, other = Layout(Path("/a")), Layout(Path("/b"))
    assert {one.bridge, one.cgroup, one.run}.isdisjoint({other.bridge, other.cgroup, other.run})


def test_interface_names_fit_the_kernel() -> None:
    """An interface name has at most 15 characters."""
    layout = Layout(Path("/a"))
    assert len(layout.node(MOST_NODES).link) <= KERNEL_NAME_LIMIT


def test_socket_paths_fit_the_kernel_however_long_the_checkout_is() -> None:
    """No socket lies below the checkout."""
    layout = Layout(Path("/" + "long/" * 50))
    node = layout.node(MOST_NODES)
    csi = node.kubelet_root / "plugins_registry" / "btrfs.csi.local-reg.sock"
    assert max(len(str(path)) for path in (node.host_socket, layout.csi_socket, csi)) <= SOCKET_PATH_LIMIT


def test_what_the_nodes_see_is_kept_in_folders_of_the_cluster() -> None:
    """Every path of a node is below one that the cluster's own folders cover."""
    layout = Layout(Path("/a"))
    node = layout.node(1)
    for path in (
        node.containerd_root,
        node.containerd_state,
        node.kubelet_root,
        node.pod_logs,
        node.cni_leases,
    ):
        assert path.parent in layout.folders
