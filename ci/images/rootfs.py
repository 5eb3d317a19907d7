"""Layers unpacked on this machine, and a way to run a program inside.

Used to compile Python and to try the finished images while building, and by tests that want a real mysqld or
mysqlrouter without Kubernetes.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ci.images.cache import cache_root, keep, key_of, prune
from ci.images.errors import BuildError, run
from ci.images.layers import Layer

ENTER = """#!/bin/sh
# enter COMMAND [ARGUMENT...]
# Runs COMMAND in this root file system as the images' user (ROOTFS_USER=uid:gid changes it), with the machine's own
# /tmp, /dev and /proc, in a mount namespace of its own. The process id stays: a signal to it reaches COMMAND.
root=$(dirname "$(readlink -f "$0")")
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export root PATH
exec unshare --mount --propagation private sh -c '
  mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" && mount --bind /tmp "$root/tmp" &&
  exec chroot --userspec="${ROOTFS_USER:-27:27}" "$root" "$@"' enter "$@"
"""
ROOTS_KEPT = 3  # of each kind: tests of other checkouts may be running in theirs
ROOT_HINT = "tar, unshare and chroot are called as root here: see the message above"


def unpack(name: str, layers: Sequence[Layer]) -> Path:
    """A folder with the layers on top of each other, with the script `enter` in it; kept in the cache."""
    key = key_of(ENTER, [layer.digest for layer in layers])
    return keep(_roots() / f"{name}-{key}", lambda folder: _fill(folder, layers))


def try_layers(layers: Sequence[Layer], commands: Sequence[Sequence[str]]) -> None:
    """Run commands as the images' user in the layers, unpacked for this alone.

    Raises BuildError that names the first one that fails: a library or file it needs has been left out.
    """
    _roots().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".try.", dir=_roots()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        _fill(folder, layers)
        for command in commands:
            try:
                execute(folder, command)
            except BuildError as error:
                raise BuildError(
                    f"{' '.join(command)} does not run in the image: {error.reason}",
                    hint="look at what ci/images/catalogue.py leaves out",
                    log=error.log,
                ) from error


def execute(root: Path, command: Sequence[str], *, user: str = "27:27", timeout_seconds: float = 300) -> str:
    """Run a command inside and return what it wrote to stdout.

    Raises BuildError when it ends with another status than 0 or takes too long.
    """
    return run(
        [str(root / "enter"), *command],
        hint=ROOT_HINT,
        timeout_seconds=timeout_seconds,
        ROOTFS_USER=user,
        LANG="C.UTF-8",
        PYTHONPATH="",
    )


def forget_old() -> None:
    """Remove folders that have not been used for the longest time."""
    for name in ("python", "test-server", "test-router", "test-hooks"):
        prune(_roots(), f"{name}-*", ROOTS_KEPT)


def _roots() -> Path:
    return cache_root() / "rootfs"


def _fill(folder: Path, layers: Sequence[Layer]) -> None:
    for layer in layers:
        run(["tar", "--numeric-owner", "-xpf", str(layer.tar), "-C", str(folder)], hint=ROOT_HINT)
    enter = folder / "enter"
    enter.write_text(ENTER)
    enter.chmod(0o755)
