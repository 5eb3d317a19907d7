"""Control groups: every process of a cluster is below one group, so that none can be lost."""

import contextlib
import os
import signal
import time
from collections.abc import Collection
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
V2_CONTROLLERS = ("cpuset", "cpu", "io", "memory", "pids")
KILL_SECONDS = 20.0


def is_v2() -> bool:
    """Whether the machine has the unified hierarchy only."""
    return (ROOT / "cgroup.controllers").exists()


def hierarchies() -> list[Path]:
    """The root folder of each hierarchy: one on cgroup v2, one for each controller on v1."""
    if is_v2():
        return [ROOT]
    folders = [path for path in ROOT.iterdir() if path.is_dir() and not path.is_symlink()]
    return sorted(path for path in folders if (path / "cgroup.procs").exists())


def make(group: str) -> None:
    """Make the group (for example a/b) in every hierarchy, ready for pods below it."""
    parts = group.strip("/").split("/")
    for root in hierarchies():
        folder = root
        for part in parts:
            if is_v2():
                _delegate(folder)
            folder = folder / part
            folder.mkdir(exist_ok=True)
            for setting in ("cpuset.cpus", "cpuset.mems"):
                _inherit(folder / setting)


def _delegate(folder: Path) -> None:
    """Allow the groups below a v2 group to be limited."""
    there = (folder / "cgroup.controllers").read_text().split()
    wanted = " ".join(f"+{name}" for name in V2_CONTROLLERS if name in there)
    (folder / "cgroup.subtree_control").write_text(wanted)


def _inherit(setting: Path) -> None:
    """A new v1 cpuset has no processors and takes no process before it has some."""
    if not is_v2() and setting.exists() and not setting.read_text().strip():
        setting.write_text((setting.parent.parent / setting.name).read_text())


def tracking_file(group: str) -> Path:
    """The file that a process writes 0 to in order to be counted to the group.

    One hierarchy is enough to find it again; limits are not wanted for daemons.
    """
    root = ROOT if is_v2() else next((r for r in hierarchies() if r.name == "pids"), hierarchies()[0])
    return root / group.strip("/") / "cgroup.procs"


def processes(group: str) -> set[int]:
    """The processes in the group and below it, in any hierarchy."""
    found: set[int] = set()
    for root in hierarchies():
        for folder, _, _ in os.walk(root / group.strip("/")):
            with contextlib.suppress(OSError):
                found.update(int(line) for line in (Path(folder) / "cgroup.procs").read_text().split())
    return found - {0}


def signal_all(group: str, number: signal.Signals) -> int:
    """Send a signal to each process of the group; returns how many there were."""
    members = processes(group)
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return len(members)


def stands_still(group: str, names: Collection[str]) -> bool:
    """Whether a process of the group with one of these names was stopped by a signal (state T of proc(5))."""
    for pid in processes(group):
        with contextlib.suppress(OSError):
            # The name is in parentheses and may contain anything; the state follows it.
            before, _, after = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
            if after.split()[0] == "T" and before.partition("(")[2] in names:
                return True
    return False


def end(groups: list[str], grace_seconds: float) -> None:
    """Ask the processes of the groups to end, and wait until they have or the time is over."""
    for group in groups:
        signal_all(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while any(processes(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(0.1)


def kill(group: str) -> list[int]:
    """End every process of the group at once; returns those that would not go."""
    deadline = time.monotonic() + KILL_SECONDS
    _thaw(group)
    while signal_all(group, signal.SIGKILL) and time.monotonic() < deadline:
        time.sleep(0.05)
    return sorted(processes(group))


def _thaw(group: str) -> None:
    """Let frozen processes run again: a signal only reaches them then."""
    for root in hierarchies():
        for folder, _, _ in os.walk(root / group.strip("/")):
            for setting, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
                if (Path(folder) / setting).exists():
                    with contextlib.suppress(OSError):
                        (Path(folder) / setting).write_text(value)


def remove(group: str) -> None:
    """Remove the group and all below it, in every hierarchy; the processes must have gone."""
    for root in hierarchies():
        for folder, _, _ in os.walk(root / group.strip("/"), topdown=False):
            _remove_folder(Path(folder))


def _remove_folder(folder: Path) -> None:
    """Remove one group; the kernel may need a moment after its last process."""
    deadline = time.monotonic() + 5.0
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
