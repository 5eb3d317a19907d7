"""Memory and processor time of the idle agents, read from the nodes' process table.

The agents run as processes of this machine, so that /proc tells what each really
uses: resident memory, and processor seconds over a quiet minute.
"""

import os
import time
from pathlib import Path

from bench.measure import Distribution
from tests.e2e.kit.release import Release

SECONDS = 60
MAX_MEMORY_MIB = 80
MAX_CPU_PERCENT = 1
MAX_ROUTER_AGENT_MIB = 30


def measure() -> list[Distribution]:
    """Install, let it settle, and look at every agent for a minute."""
    release = Release("mysql", "bench-footprint")
    release.delete_namespace()
    release.make_namespace()
    release.install("--set", "routerInstances=2")
    try:
        servers, routers = _agents("agent"), _agents("router-agent")
        time.sleep(SECONDS / 2)
        before = {pid: _cpu_seconds(pid) for pid in servers}
        time.sleep(SECONDS)
        shares = tuple((_cpu_seconds(pid) - before[pid]) / SECONDS * 100 for pid in servers)
        return [
            Distribution("agent memory", "MiB", tuple(map(_memory_mib, servers)), MAX_MEMORY_MIB),
            Distribution("agent processor", "% of a core", shares, MAX_CPU_PERCENT),
            Distribution(
                "router agent memory", "MiB", tuple(map(_memory_mib, routers)), MAX_ROUTER_AGENT_MIB
            ),
        ]
    finally:
        release.delete_namespace()


def _agents(command: str) -> list[int]:
    """Give the processes whose last argument is this command of `innodb-cluster`, in the release's namespace."""
    found = []
    for directory in Path("/proc").iterdir():
        if not directory.name.isdigit():
            continue
        try:
            arguments = (directory / "cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
            environment = (directory / "environ").read_bytes().decode().split("\0")
        except (OSError, UnicodeDecodeError):
            continue
        ours = "INNODB_CLUSTER_NAMESPACE=bench-footprint" in environment
        if ours and arguments[-1] == command and any("innodb" in argument for argument in arguments):
            found.append(int(directory.name))
    return found


def _memory_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
