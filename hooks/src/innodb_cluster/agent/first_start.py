"""Lets mysqld have the processors while it makes its data directory.

An installation is done when the slowest server is. Three agents that load their libraries beside three servers that
initialise cost it a second on two cores, and have nothing to do before their servers answer.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.files.paths import PATHS, Paths

LONGEST_SECONDS = 30.0
"""Then the agent is there, whatever the server does: the kubelet asks after it from 15 s on, and acts after a minute more."""
LOOK_SECONDS = 0.1


def wait_for_new_server(paths: Paths = PATHS, clock: Clock | None = None) -> None:
    """Return when a server without data takes connections, or after a while; at once where there is a data directory."""
    if paths.data.exists():
        return
    clock = clock or SystemClock()
    # As process 1 of a container, Python would ignore it.
    before = signal.signal(signal.SIGTERM, _stop)
    end = clock.monotonic_seconds() + LONGEST_SECONDS
    while not paths.socket.exists() and clock.monotonic_seconds() < end:
        clock.sleep(LOOK_SECONDS)
    signal.signal(signal.SIGTERM, before)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
