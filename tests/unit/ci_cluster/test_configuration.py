"""What the components are told."""

import json
import tomllib
from pathlib import Path

import pytest

from ci.cluster import control_plane, nodes, pause
from ci.cluster.addresses import Block
from ci.cluster.layout import Layout, Node
from ci.cluster.network import node_network_commands
from ci.cluster.pki import Authority

BLOCK = Block(203)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority in a temporary folder."""
    made = Authority(tmp_path / "pki")
    made.ensure()
    return made


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """The second node of a cluster below a temporary folder."""
    return Layout(tmp_path).node(2)


def test_containerd_runs_sandboxes_from_the_image_made_here(node: Node) -> None:
    """No image is ever pulled, and no score is asked that the machine may refuse."""
    document = tomllib.loads(nodes.render_containerd(node, Path("/cni")))
    plugins = document["plugins"]
    assert plugins["io.containerd.cri.v1.images"]["pinned_images"]["sandbox"] == pause.NAME
    assert plugins["io.containerd.cri.v1.runtime"]["restrict_oom_score_adj"] is True
    assert plugins["io.containerd.cri.v1.runtime"]["cni"]["conf_dir"] == "/cni"


def test_pods_get_addresses_of_their_node(node: Node) -> None:
    """The range that the routes of the other nodes lead to."""
    document = json.loads(nodes.render_cni(node, BLOCK))
    ranges = document["plugins"][0]["ipam"]["ranges"]
    assert ranges == [[{"subnet": BLOCK.node_pods(2)}]]
    assert f"ip route replace {BLOCK.node_pods(2)} via {BLOCK.node(2)}" in node_network_commands(1, BLOCK, 3)


def test_the_kubelet_keeps_images_and_uses_the_nodes_control_group(node: Node, authority: Authority) -> None:
    """Images could not be had again; the group is how its pods are found when it has gone."""
    text = nodes.render_kubelet(node, BLOCK, authority, (Path("/c"), Path("/k")), Path("/r"))
    document = json.loads(text)
    assert document["imageGCHighThresholdPercent"] == 100
    assert document["cgroupRoot"] == node.cgroup
    assert document["clusterDNS"] == [BLOCK.host]


def test_each_node_writes_its_pods_logs_apart(tmp_path: Path, authority: Authority) -> None:
    """A kubelet removes logs of pods that it does not know, those of other nodes too."""
    layout = Layout(tmp_path)
    pair = (Path("/c"), Path("/k"))
    folders = {
        json.loads(nodes.render_kubelet(layout.node(n), BLOCK, authority, pair, Path("/r")))["podLogsDir"]
        for n in (1, 2, 3)
    }
    assert len(folders) == 3


def test_roles_are_really_tested(authority: Authority) -> None:
    """The API server decides by Node and RBAC, and reaches kubelets by address."""
    command = control_plane.api_server(BLOCK, authority).command
    assert "--authorization-mode=Node,RBAC" in command
    assert "--kubelet-preferred-address-types=InternalIP" in command


def test_the_name_server_answers_for_the_cluster_before_it_says_no() -> None:
    """A name of the cluster must not meet the template that denies all others; they are in separate blocks."""
    text = control_plane.corefile(BLOCK, Path("/k"))
    cluster, others = text.split("\n.:53")
    assert "kubernetes cluster.local" in cluster
    assert "template" not in cluster
    assert "NXDOMAIN" in others


def test_a_node_asks_the_proxy_only_for_what_a_namespace_allows(node: Node) -> None:
    """Limits of connection tracking belong to the machine."""
    document = json.loads(nodes.render_proxy(node, BLOCK, Path("/k")))
    assert document["conntrack"]["maxPerCore"] == 0
    assert document["clusterCIDR"] == BLOCK.pods


def test_files_that_have_not_changed_are_not_written(tmp_path: Path) -> None:
    """Components compare times and contents."""
    path = tmp_path / "folder" / "file"
    control_plane.write_changed(path, "a")
    before = path.stat().st_mtime_ns
    control_plane.write_changed(path, "a")
    assert path.stat().st_mtime_ns == before
