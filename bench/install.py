"""How long `helm install` takes until it returns, beside the floor: the same three servers by a bare script.

Both start from nothing and end with three ONLINE members. The floor has the same
settings of Group Replication and durability, but no Kubernetes, no routers, no
certificates of its own, no metadata and no checks; they alternate within one run, so
that a slow moment of the machine meets both. A second floor lets its servers join in
turn, which a script must know to do: see ``floor.sh``.
"""

import subprocess
import sys
import time
from pathlib import Path

from bench.measure import Distribution
from tests.e2e.kit.release import Release

FLOOR = Path(__file__).resolve().parent / "floor.sh"
MAX_SECONDS = 60
MAX_RATIO = 1.5


def measure(runs: int) -> list[Distribution]:
    """Alternate floor and install."""
    rootfs = _rootfs()
    floors: list[float] = []
    in_turn: list[float] = []
    installs: list[float] = []
    for run in range(runs):
        floors.append(_seconds_of_floor(rootfs, "together"))
        in_turn.append(_seconds_of_floor(rootfs, "in-turn"))
        print(f"run {run + 1}: floor {floors[-1]:.1f} s, in turn {in_turn[-1]:.1f} s", flush=True)
        installs.append(_seconds_of_install())
        print(f"run {run + 1}: helm install {installs[-1]:.1f} s", flush=True)
    return [
        Distribution("helm install", "s", tuple(installs), MAX_SECONDS),
        Distribution("floor", "s", tuple(floors)),
        Distribution("install / floor", "ratio", _ratios(installs, floors), MAX_RATIO),
        Distribution("floor, joining in turn", "s", tuple(in_turn)),
        Distribution("install / floor, joining in turn", "ratio", _ratios(installs, in_turn)),
    ]


def _ratios(installs: list[float], floors: list[float]) -> tuple[float, ...]:
    return tuple(install / floor for install, floor in zip(installs, floors, strict=True))


def _rootfs() -> str:
    command = [sys.executable, "-m", "ci.images", "rootfs", "server"]
    return (
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip().splitlines()[-1]
    )


def _seconds_of_floor(rootfs: str, order: str) -> float:
    start = time.monotonic()
    subprocess.run(["bash", str(FLOOR), rootfs, order], check=True, timeout=600, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def _seconds_of_install() -> float:
    release = Release("mysql", "bench-install")
    release.delete_namespace()
    release.make_namespace()
    start = time.monotonic()
    release.install()
    seconds = time.monotonic() - start
    release.delete_namespace()
    return seconds
