"""`stop` and `down`: end what runs, and remove all that was made, from any half state."""

import contextlib
import shutil
import time
from pathlib import Path

from ci.cluster import cgroups, machine, mounts, network
from ci.cluster.layout import MOST_NODES, RUN_ROOT, Layout
from ci.cluster.processes import Processes
from ci.cluster.record import Record, all_records, cluster_lock, load, machine_lock
from ci.csi.errors import PoolError
from ci.csi.pool import Pool
from ci.progress import StepError, say, step

POD_GRACE_SECONDS = 15.0
LOOP_SECONDS = 20.0


def end_everything(layout: Layout, *, grace_seconds: float = 0.0) -> None:
    """End all processes of the cluster and what lives only as long as they: mounts, namespaces, wires.

    With a grace, the pods' processes may shut down first. Raises StepError when something stays.
    """
    if grace_seconds:
        processes = Processes(layout.run / "processes", layout.logs, Path("/dev/null"), layout.bin)
        agents = [name for name in processes.names() if name.startswith(("kubelet-", "kube-c", "kube-s"))]
        processes.stop(agents)
        cgroups.end([layout.node(ordinal).cgroup for ordinal in range(1, MOST_NODES + 1)], grace_seconds)
    stubborn = cgroups.kill(layout.cgroup)
    if stubborn:
        raise StepError(
            f"processes that cannot be killed: {stubborn}",
            hint="they wait in the kernel (ps -o pid,stat,wchan,args -p PID); a reboot ends them",
        )
    still = mounts.unmount_below(layout.run)
    if still:
        raise StepError(
            f"cannot unmount {', '.join(map(str, still))}", hint="which process uses it? (fuser -vm)"
        )
    network.remove_bridge(layout.bridge)
    for entry in layout.run.iterdir() if layout.run.is_dir() else ():
        if entry != layout.record:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def stop(layout: Layout) -> None:
    """End the cluster's processes, keeping its data, so that `up` brings it back with its pods."""
    with cluster_lock(layout), step("stopping"):
        end_everything(layout, grace_seconds=POD_GRACE_SECONDS)


def down(layout: Layout) -> None:
    """Remove the cluster of a checkout, and of checkouts that were deleted."""
    with cluster_lock(layout), machine_lock():
        record = load(layout.record) or load(layout.saved_record)
        with step("removing the cluster"):
            remove(layout, record)
        for orphan in all_records():
            if orphan.is_orphan:
                with step(f"removing the cluster of {orphan.checkout}, which was deleted"):
                    remove(orphan.layout, orphan)
                    _remove_remains(orphan)
    with contextlib.suppress(OSError):
        (RUN_ROOT / f"{layout.id}.lock").unlink()
        if not all_records():
            (RUN_ROOT / "lock").unlink()
            RUN_ROOT.rmdir()


def remove(layout: Layout, record: Record | None) -> None:
    """Remove all of one cluster but its logs and the links to the programs."""
    end_everything(layout)
    state = Path(record.state) if record else layout.state
    pool = state / "pool"
    try:
        Pool(pool).destroy()
    except PoolError as error:
        raise StepError(str(error)) from error
    _wait_for_loop_devices(state)
    busy = mounts.below(state)
    if busy:
        raise StepError(
            f"something of it is mounted: {', '.join(map(str, busy))}", hint="unmount it, then try again"
        )
    for name in ("nodes", "etcd", "pki", "config", "pool"):
        if (state / name).exists():
            shutil.rmtree(state / name)
    for name in ("kubeconfig", "cluster.json"):
        (state / name).unlink(missing_ok=True)
    cgroups.remove(layout.cgroup)
    if record is not None:
        _put_back(layout, record)
    shutil.rmtree(layout.run, ignore_errors=True)


def _remove_remains(orphan: Record) -> None:
    """Remove what programs made again while the checkout was being deleted."""
    shutil.rmtree(orphan.state, ignore_errors=True)
    with contextlib.suppress(OSError):
        Path(orphan.checkout).rmdir()
    (RUN_ROOT / f"{orphan.layout.id}.lock").unlink(missing_ok=True)


def _put_back(layout: Layout, record: Record) -> None:
    """Undo what was changed on the machine itself, as far as no other cluster needs it."""
    if record.firewall:
        network.Firewall(layout.bridge, layout.cgroup).remove()
    others = [other for other in all_records() if other.checkout != record.checkout]
    if others:
        return
    machine.restore_sysctls(record.sysctls)
    for folder in record.folders:
        with contextlib.suppress(OSError):
            Path(folder).rmdir()


def _wait_for_loop_devices(state: Path) -> None:
    """Wait until no loop device has a file of the cluster; they go by themselves with their last mount."""
    deadline = time.monotonic() + LOOP_SECONDS
    while devices := _loop_devices(state):
        if time.monotonic() > deadline:
            raise StepError(f"in use: {', '.join(devices)}", hint="`losetup -a` and `findmnt` show by what")
        time.sleep(0.1)


def _loop_devices(state: Path) -> list[str]:
    """Loop devices with a file below the folder, also when it was deleted."""
    found = []
    for backing in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if backing.read_text().startswith(f"{state}/"):
                found.append(f"/dev/{backing.parts[3]}")
    return found


def list_clusters() -> None:
    """Print every cluster on this machine."""
    for record in all_records():
        there = "  (deleted: `down` in any checkout removes it)" if record.is_orphan else ""
        running = len(cgroups.processes(record.layout.cgroup))
        say(f"{record.layout.id}  {record.addresses.network}  {running} processes  {record.checkout}{there}")
