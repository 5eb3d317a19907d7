"""What of the machine itself a cluster needs and changes: kernel settings, and whether it can run one at all."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from ci.progress import StepError

SYSCTLS = Path("/proc/sys")
# Settings that the kubelet changes, to put them back in the end.
KUBELET_SYSCTLS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
# At least this much: every kubelet, containerd and shim watches files.
LEAST_SYSCTLS = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 524288}
SMALLEST_DISK_BYTES = 5 * 1024**3


def check(state: Path) -> None:
    """Raise StepError when this machine can't run a cluster, with what to do."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise StepError(
            "the local Kubernetes needs Linux on x86-64", hint="use CONTEXT=name with a cluster you have"
        )
    if os.geteuid() != 0:
        raise StepError("the local Kubernetes needs root", hint="run the same command with sudo")
    if not Path("/sys/fs/cgroup").is_dir():
        raise StepError("no control groups at /sys/fs/cgroup", hint="mount them, or use CONTEXT=name")
    load_modules()
    state.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(state).free
    if free < SMALLEST_DISK_BYTES:
        raise StepError(
            f"only {free / 1e9:.1f} GB free at {state}", hint="free 5 GB, or make .cluster a link"
        )
    check_overlay(state)


def check_overlay(state: Path) -> None:
    """Raise StepError when containers' layers can't lie on the file system of `state`."""
    with tempfile.TemporaryDirectory(dir=state, prefix="overlay-") as name:
        parts = {part: Path(name) / part for part in ("lower", "upper", "work", "merged")}
        for part in parts.values():
            part.mkdir()
        options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
        mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])]
        probe = subprocess.run(mount, capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            raise StepError(
                f"no overlay mounts on the file system of {state}: {probe.stderr.strip()}",
                hint="make .cluster a link to a folder on ext4, xfs or btrfs",
            )
        subprocess.run(["umount", str(parts["merged"])], check=True)


def load_modules() -> None:
    """Load what the nodes need of the kernel. Where a module is built in or refused, `up` shows it soon enough.

    Without br_netfilter a pod could not reach a Service whose pod is on its own node.
    """
    if not (SYSCTLS / "net/bridge").exists():
        subprocess.run(["modprobe", "br_netfilter"], capture_output=True, check=False)
    if "overlay" not in Path("/proc/filesystems").read_text():
        subprocess.run(["modprobe", "overlay"], capture_output=True, check=False)


def read_sysctls() -> dict[str, str]:
    """The settings that a cluster may change, as they are now."""
    names = (*KUBELET_SYSCTLS, *LEAST_SYSCTLS)
    return {name: (SYSCTLS / name).read_text().strip() for name in names if (SYSCTLS / name).exists()}


def raise_sysctls() -> None:
    """Raise settings that are too small for a cluster."""
    for name, least in LEAST_SYSCTLS.items():
        path = SYSCTLS / name
        if path.exists() and int(path.read_text()) < least:
            path.write_text(str(least))


def restore_sysctls(before: dict[str, str]) -> None:
    """Put settings back."""
    for name, value in before.items():
        path = SYSCTLS / name
        if path.exists() and path.read_text().strip() != value:
            path.write_text(value)
