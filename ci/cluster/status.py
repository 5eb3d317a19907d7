"""`status`: the components and the nodes, as they are now."""

import os
import time

from ci.cluster.api import ApiError
from ci.cluster.cluster import Cluster, Daemons
from ci.cluster.layout import Layout
from ci.cluster.processes import start_ticks
from ci.cluster.record import load
from ci.progress import say


def show(layout: Layout) -> int:
    """Print the state; the exit status is 0 when all is well, 1 otherwise."""
    record = load(layout.record)
    if record is None or not layout.pki.exists():
        say("no cluster here; `python -m ci.cluster up` starts one")
        return 1
    cluster = Cluster.of(layout, record)
    for daemon in Daemons.of(cluster).all():
        identity = cluster.processes.identity(daemon.name)
        if identity is None:
            say(f"  {daemon.name:26} not running")
            continue
        note = "" if cluster.processes.is_current(daemon) else "  (old configuration; `up` starts it again)"
        say(f"  {daemon.name:26} pid {identity.pid:<8} up {_age(identity.pid)}{note}")
    try:
        ready = cluster.api.ready_nodes()
    except (OSError, ApiError) as error:
        say(f"  the API server does not answer: {error}")
        return 1
    for node in cluster.nodes:
        say(f"  {node.name:26} {'Ready' if node.name in ready else 'not ready'}")
    say(f"  KUBECONFIG={layout.kubeconfig}")
    return 0 if cluster.is_healthy() else 1


def _age(pid: int) -> str:
    """How long a process has been running."""
    ticks = start_ticks(pid)
    if ticks is None:
        return "?"
    seconds = int(time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    return f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"
