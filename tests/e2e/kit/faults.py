"""What can go wrong, done to the local cluster and to the pods of one release.

Each fault that lasts is a block, and ends with it. `mend` ends all of them, also those that a killed test left;
it does not start lost nodes again: their block does, and `make cluster-up`.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ci.cluster import disks, faults
from ci.cluster.cluster import Cluster
from ci.cluster.layout import Node
from ci.cluster.record import load
from tests.e2e.kit import api
from tests.e2e.kit.hanging import threads_stopped
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import KUBECONFIG, eventually

API_SERVER = "kube-apiserver"
HOLD_SECONDS = 0.15
"""Of each pulse of slow storage; as long again it runs freely."""


def local_cluster() -> Cluster:
    """Give the cluster whose state lies in .cluster, whichever checkout it was started from."""
    record = load(KUBECONFIG.parent / "cluster.json")
    assert record is not None, "no local cluster was started here"
    return Cluster.of(record.layout, record)


def mend() -> None:
    """Undo every fault but lost nodes."""
    faults.mend(local_cluster())


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of one pod, found on the machine: Kubernetes need not answer, nor anything in the pod."""

    uid: str

    def mysqld(self) -> int:
        """Give the server's process."""
        return self._find(lambda arguments: arguments[0].endswith("mysqld"))

    def agent(self) -> int:
        """Give the agent's process."""
        return self._find(lambda arguments: arguments[-1] in {"agent", "router-agent"})

    def server_and_agent(self) -> tuple[int, int]:
        """Give the two: who freezes the server alone finds it started again by the agent."""
        return self.mysqld(), self.agent()

    def server_sees(self, path: str) -> bool:
        """Whether there is such a file in the server's container."""
        return Path(f"/proc/{self.mysqld()}/root{path}").exists()

    def _find(self, is_it: Callable[[list[str]], bool]) -> int:
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and self.uid in (folder / "cgroup").read_text():
                    arguments = (folder / "cmdline").read_bytes().decode().rstrip("\0").split("\0")
                    if is_it(arguments):
                        return int(folder.name)
        message = f"no such process in pod {self.uid}"
        raise AssertionError(message)


def processes(release: Release, pod: str) -> Processes:
    """Find a pod's processes; a new pod of the same name has others."""
    return Processes(release.get("pod", pod)["metadata"]["uid"])


def kill(*pids: int) -> None:
    """End processes at once, as the kernel does when memory runs out; several of them together."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_until_ended(*pids: int) -> None:
    """Wait for processes that somebody else ends, as the kubelet does when a pod was deleted."""
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "the processes ended", 120)


def run_out_of_memory(release: Release, pod: str, mysqld: int) -> None:
    """Use up the memory of a server's container; the kernel ends mysqld for it, and with it the container."""
    Path(f"/proc/{mysqld}/oom_score_adj").write_text("1000")
    release.kubectl("exec", pod, "-c", "mysql", "--", "tail", "/dev/zero", check=False)


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Let processes stand still; the kubelet may end them meanwhile."""
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextmanager
def servers_gone(*pods: Processes) -> Iterator[None]:
    """End servers that do not come back before the block ends, or the kubelet's patience of a minute does."""
    servers = [pod.mysqld() for pod in pods]
    with frozen(*(_parent(server) for server in servers)):
        kill(*servers)
        yield


@contextmanager
def member_away(release: Release, pod: str) -> Iterator[None]:
    """End a member's server, and enter when its group has expelled it."""
    other = next(
        each["metadata"]["name"] for each in release.pods("server") if each["metadata"]["name"] != pod
    )
    seen = (
        f"SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_host LIKE '{pod}.%'"
    )
    with servers_gone(processes(release, pod)):
        eventually(lambda: release.exec_sql(other, seen) == "0", f"{pod} is out of the group")
        yield


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def hung(mysqld: int) -> Iterator[None]:
    """Let a server answer nobody while it keeps its place in the group."""
    with threads_stopped(mysqld, ("gcs_", "gr_")) as count:
        assert count > 0
        yield


@contextmanager
def component_frozen(name: str = API_SERVER) -> Iterator[None]:
    """Let a component of Kubernetes stand still: who asks it gets no answer."""
    known = local_cluster().processes
    try:
        faults.freeze_component(known, name)
        yield
    finally:
        faults.thaw_component(known, name)


def node_of(release: Release, pod: str) -> str:
    """Name the node that a pod runs on."""
    name: str = release.get("pod", pod)["spec"]["nodeName"]
    return name


def other_node(*nodes: str) -> str:
    """Name a node that is none of these."""
    return next(node.name for node in local_cluster().nodes if node.name not in nodes)


@contextmanager
def node_lost(name: str) -> Iterator[None]:
    """End a node as by a power failure; afterwards it boots."""
    cluster = local_cluster()
    try:
        faults.kill_node(_node(name), cluster.processes)
        yield
    finally:
        boot_nodes()


def boot_nodes() -> None:
    """Start what is lost of the cluster, from the checkout that it was started from."""
    checkout = Path(local_cluster().record.checkout)
    python = str(checkout / ".venv" / "bin" / "python")
    done = subprocess.run(
        [python, "-m", "ci.cluster", "up"],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def node_cut(name: str) -> Iterator[None]:
    """Pull the node's network cable."""
    with _mended(name) as node:
        faults.cut_node(node)
        yield


@contextmanager
def node_parted(name: str, *, one_way: bool = False) -> Iterator[None]:
    """Let the other nodes' packets not reach this one, nor, unless one way, its packets them."""
    cluster = local_cluster()
    with _mended(name) as node:
        peers = [peer for peer in cluster.nodes if peer != node]
        faults.part_nodes(node, peers, cluster.block, one_way=one_way)
        yield


@contextmanager
def packets_lost(name: str, percent: float) -> Iterator[None]:
    """Lose some of what arrives at the node."""
    with _mended(name) as node:
        faults.lose_packets(node, percent)
        yield


@contextmanager
def node_slow(name: str, rate: str) -> Iterator[None]:
    """Limit what the node may send."""
    with _mended(name) as node:
        faults.slow_node(node, rate)
        yield


@contextmanager
def disk_full(release: Release, pod: str) -> Iterator[None]:
    """Leave no space in a server's volume; afterwards there is as much as before."""
    layout, volume = local_cluster().layout, _volume(release, f"data-{pod}")
    try:
        disks.fill_volume(layout, volume)
        yield
    finally:
        disks.free_volume(layout, volume)


@contextmanager
def storage_held() -> Iterator[None]:
    """Let every write to any volume wait."""
    layout = local_cluster().layout
    try:
        disks.hold_storage(layout)
        yield
    finally:
        disks.release_storage(layout)


def storage_hung(seconds: float) -> None:
    """The same for so long."""
    with storage_held():
        threading.Event().wait(seconds)


@contextmanager
def storage_slow() -> Iterator[None]:
    """Let writes to volumes wait for half of the time, in pulses."""
    stop = threading.Event()

    def pulse() -> None:
        while not stop.wait(HOLD_SECONDS):
            with storage_held():
                stop.wait(HOLD_SECONDS)

    thread = threading.Thread(target=pulse)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _volume(release: Release, claim: str) -> str:
    name = release.get("pvc", claim)["spec"]["volumeName"]
    handle: str = api.read("pv", name)["spec"]["csi"]["volumeHandle"]
    return handle


@contextmanager
def _mended(name: str) -> Iterator[Node]:
    node = _node(name)
    try:
        yield node
    finally:
        faults.mend_node(node)


def _node(name: str) -> Node:
    return next(node for node in local_cluster().nodes if node.name == name)
