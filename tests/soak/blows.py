"""Carries out the blows of a plan."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.state import primary_pod
from tests.soak.plan import Blow

Fault = AbstractContextManager[object]


def prepare(release: Release, blow: Blow) -> Callable[[], Fault]:
    """Find out whom it meets, while Kubernetes still answers; what is given is entered when it is to happen."""
    primary = primary_pod(release)
    pods = [primary, *sorted({p["metadata"]["name"] for p in release.pods("server")} - {primary})]
    victim = pods[blow.victim]
    node = faults.node_of(release, victim)
    processes = [faults.processes(release, pod) for pod in pods]
    mysqld = [each.mysqld() for each in processes]
    agent = processes[blow.victim].agent()
    forced = ("--grace-period=0", "--force")
    acts: dict[str, Callable[[], object]] = {
        "server killed": lambda: faults.kill(mysqld[blow.victim]),
        "server frozen": lambda: faults.frozen(mysqld[blow.victim]),
        "server hung": lambda: faults.hung(mysqld[blow.victim]),
        "agent killed": lambda: faults.kill(agent),
        "agent frozen": lambda: faults.frozen(agent),
        "two servers killed": lambda: faults.kill(*mysqld[:2]),
        "all servers killed": lambda: faults.kill(*mysqld),
        "pod deleted": lambda: release.kubectl("delete", "pod", victim, "--wait=false"),
        "pod deleted by force": lambda: release.kubectl("delete", "pod", victim, *forced),
        "all pods deleted by force": lambda: release.kubectl("delete", "pod", *pods, *forced),
        "claim deleted": lambda: delete_claim(release, victim),
        "node lost": lambda: faults.node_lost(node),
        "node cut off": lambda: faults.node_cut(node),
        "node parted": lambda: faults.node_parted(node),
        "node parted one way": lambda: faults.node_parted(node, one_way=True),
        "packets lost": lambda: faults.packets_lost(node, 15),
        "network slow": lambda: faults.node_slow(node, "2mbit"),
        "disk full": lambda: faults.disk_full(release, victim),
        "storage slow": faults.storage_slow,
        "storage hung": faults.storage_held,
        "API server frozen": faults.component_frozen,
        "name server frozen": lambda: faults.component_frozen("coredns"),
    }

    def enter() -> Fault:
        done = acts[blow.fault]()
        return done if isinstance(done, AbstractContextManager) else nullcontext()

    return enter


def delete_claim(release: Release, pod: str) -> None:
    """Take a server's volume away, with its pod."""
    release.kubectl("delete", "pvc", f"data-{pod}", "--wait=false")
    release.kubectl("delete", "pod", pod, "--wait=false")
