"""Disks that fail, made on purpose by tests: a volume that is full, storage that stands still.

All volumes of all nodes lie in one pool. So one volume can be filled, but none can be slowed alone: control groups
count what btrfs writes to the kernel, not to the pod that wrote it. What can be done is to hold the whole pool;
pulses of that are slow storage for everybody, as when a storage network is overloaded.
"""

import contextlib
import shlex

from ci.cluster.layout import Layout
from ci.cluster.network import is_namespace, run
from ci.cluster.nodes import cluster_namespace
from ci.csi.pool import Pool
from ci.progress import StepError

FILLER = ".filled-by-a-test"
"""Beside the data directory, so that no database sees it."""
CHUNKS_MIB = (1024, 256, 64, 16, 4, 1)


def filling_script(file: str) -> str:
    """Reserve space in ever smaller chunks, until not even the smallest is left. Nothing is written."""
    quoted = shlex.quote(file)
    return "\n".join(
        [
            f"touch {quoted}",
            *(
                f"while fallocate --offset $(stat -c %s {quoted}) --length {chunk}MiB {quoted} 2>/dev/null; do :; done"
                for chunk in CHUNKS_MIB
            ),
        ]
    )


def fill_volume(layout: Layout, volume: str) -> None:
    """Leave less than a mebibyte free in the volume of this handle."""
    folder = Pool(layout.pool).volumes / volume
    _inside(layout, f"test -n {shlex.quote(volume)} && cd {folder}\n" + filling_script(f"{folder}/{FILLER}"))


def free_volume(layout: Layout, volume: str) -> None:
    """Give the space back."""
    _inside(layout, f"rm -f {shlex.quote(str(Pool(layout.pool).volumes / volume / FILLER))}")


def free_volumes(layout: Layout) -> None:
    """Give the space back in every volume that was filled."""
    if is_namespace(layout.mount_namespace):
        _inside(layout, f"rm -f {shlex.quote(str(Pool(layout.pool).volumes))}/*/{FILLER}")


def hold_storage(layout: Layout) -> None:
    """Let whoever writes to any volume wait, as on a hung disk."""
    _inside(layout, f"fsfreeze --freeze {shlex.quote(str(Pool(layout.pool).mount_point))}")


def release_storage(layout: Layout) -> None:
    """Let them go on; does nothing when nobody is held."""
    with contextlib.suppress(StepError):
        _inside(layout, f"fsfreeze --unfreeze {shlex.quote(str(Pool(layout.pool).mount_point))}")


def _inside(layout: Layout, script: str) -> None:
    run("nsenter", *cluster_namespace(layout), "sh", "-e", text=script + "\n")
