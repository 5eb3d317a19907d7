"""How long servers and routers take to become more, from typing the command on.

Servers: three become five on an empty cluster; over when `helm upgrade` returns, which it does when all are
ONLINE and shown in the metadata. New volumes are empty each time. Routers: one becomes two; over when a client
gets an answer through the second one's own address.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import mysql.connector

from bench.measure import Distribution
from bench.scenarios import install
from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import KUBECONFIG, ROOT, eventually

MAX_SERVERS_SECONDS = 60
MAX_ROUTER_SECONDS = 10


def measure(runs: int) -> list[Distribution]:
    """Scale up and down again, and again."""
    release = Release("mysql", "bench-scale")
    install(release)
    try:
        servers = tuple(_servers(release, run) for run in range(runs))
        routers = tuple(_router(release, run) for run in range(runs))
    finally:
        release.delete_namespace()
    return [
        Distribution("servers 3 to 5, until helm upgrade returns", "s", servers, MAX_SERVERS_SECONDS),
        Distribution("routers 1 to 2, until the second serves", "s", routers, MAX_ROUTER_SECONDS),
    ]


def _servers(release: Release, run: int) -> float:
    started = time.monotonic()
    _scale(release, "serverInstances=5")
    seconds = time.monotonic() - started
    print(f"run {run + 1}: three servers became five in {seconds:.1f} s", flush=True)
    _scale(release, "serverInstances=3")
    release.kubectl("delete", "pvc", "data-mysql-3", "data-mysql-4")
    return seconds


def _router(release: Release, run: int) -> float:
    before = {pod["metadata"]["name"] for pod in release.pods("router")}
    with _scaling(release, "routerInstances=2") as started:
        eventually(lambda: _serves(release, before), "an answer through the second router", 120, 0.1)
        seconds = time.monotonic() - started
    print(f"run {run + 1}: the second router served after {seconds:.1f} s", flush=True)
    _scale(release, "routerInstances=1")
    eventually(lambda: len(release.pods("router")) == 1, "one router pod")
    return seconds


def _scale(release: Release, value: str) -> None:
    with _scaling(release, value):
        pass


@contextmanager
def _scaling(release: Release, value: str) -> Iterator[float]:
    """Run `helm upgrade` beside the block, and give the moment when it began."""
    command = (
        *(release.helm, "upgrade", release.name, str(ROOT / "charts" / "mysql-innodb-cluster")),
        *("--namespace", release.namespace, "--reset-then-reuse-values", "--set", value, "--timeout", "8m"),
    )
    environment = {**os.environ, "KUBECONFIG": str(KUBECONFIG)}
    started = time.monotonic()
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as helm:
        yield started
        if helm.wait(timeout=600) != 0:
            raise AssertionError(f"helm upgrade with {value} failed")


def _serves(release: Release, before: set[str]) -> bool:
    for pod in release.pods("router"):
        address = pod["status"].get("podIP")
        if pod["metadata"]["name"] in before or not address:
            continue
        try:
            connection = mysql.connector.connect(
                host=address, port=6446, user="root", password=PASSWORD, connection_timeout=1, read_timeout=1
            )
            cursor = connection.cursor()
            cursor.execute("SELECT 1")
            cursor.fetchall()
            connection.close()
        except mysql.connector.Error:
            return False
        return True
    return False
