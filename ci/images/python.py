"""Python code compiled by the image's own interpreter.

Containers have a read-only root, so that Python cannot keep what it compiles: everything is compiled here. The
compiled files carry the hash of their source and are never checked against it, which spares a look at every source
file at start.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.images.errors import BuildError
from ci.images.rootfs import execute

WORKERS = 2  # a process more pays for itself only with hundreds of modules


@contextmanager
def stage() -> Iterator[Path]:
    """A temporary folder that programs inside an unpacked image see under the same path."""
    folder = Path(tempfile.mkdtemp(prefix="mysql-innodb-cluster-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compile_folder(root: Path, folder: Path, installed_as: str, *, workers: int = WORKERS) -> None:
    """Compile every module below `folder` with the interpreter of `root`, to lie at `installed_as` in the image.

    Raises BuildError with the compiler's message when a module has a syntax error.
    """
    command = [
        "python3",
        "-m",
        "compileall",
        "-q",
        "-j",
        str(workers),
        "--invalidation-mode",
        "unchecked-hash",
    ]
    try:
        execute(root, [*command, "-s", str(folder), "-p", installed_as, str(folder)], user="0:0")
    except BuildError as error:
        raise BuildError(
            f"Python code for {installed_as} does not compile", hint="its first error is above", log=error.log
        ) from error
