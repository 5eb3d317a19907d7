"""The layer of third-party Python packages, from wheels whose hashes hooks/requirements.txt pins.

The standard library's compiled files are in this layer too: Debian compiles them in a script at install time.
"""

import shutil
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from ci.images.catalogue import DISTRIBUTIONS_DROPPED, WHEELS_DROPPED
from ci.images.errors import BuildError, run
from ci.images.layers import Layer, keep_layer, layer_key
from ci.images.progress import step
from ci.images.python import compile_folder, stage
from ci.images.rootfs import try_layers, unpack
from ci.images.tree import Tree, read_folder
from ci.images.versions import HOOKS, DebianPins

RECIPE = ("python.py", "wheels.py")
REQUIREMENTS = HOOKS / "requirements.txt"
# Wheels for glibc 2.17 (the oldest that manylinux has on x86-64) up to 2.39; the image's glibc is newer.
GLIBC_MINORS = range(39, 16, -1)
INSTALL_TIMEOUT_SECONDS = 900
IMPORTS = "cryptography.x509, dateutil.parser, jinja2, kubernetes.client, kubernetes.config, mysql.connector, prometheus_client"
IMPORTS += ", pydantic_settings, stamina, structlog, typer, yaml"


def wheels_layer(pins: DebianPins, base: Layer, python: Layer) -> Layer:
    """The layer for the pinned requirements, from the cache where it is there.

    Raises BuildError when a wheel cannot be had for the image's Python, or does not import in the image.
    """
    rules = (WHEELS_DROPPED, DISTRIBUTIONS_DROPPED)
    key = layer_key(
        "wheels", RECIPE, rules, REQUIREMENTS.read_text(), pins.python, base.digest, python.digest
    )
    return keep_layer(
        "wheels",
        key,
        make=lambda: _tree(pins, unpack("python", [base, python])),
        check=lambda layer: try_layers([base, python, layer], [("python3", "-c", f"import {IMPORTS}")]),
    )


def site_folder(pins: DebianPins) -> str:
    """Where Debian's Python looks for packages that are not Debian's."""
    return f"usr/local/lib/python{pins.python}/dist-packages"


def is_dropped(path: str) -> bool:
    """Whether a path of the installed wheels is left out, relative to the site folder."""
    top = path.split("/", 1)[0].split("-", 1)[0]
    return top in DISTRIBUTIONS_DROPPED or any(fnmatchcase(path, pattern) for pattern in WHEELS_DROPPED)


def _tree(pins: DebianPins, root: Path) -> Tree:
    tree: Tree = {}
    with stage() as folder:
        for source, installed_as, title in (
            (folder / "wheels", site_folder(pins), "Python packages"),
            (folder / "library", f"usr/lib/python{pins.python}", "Python's standard library"),
        ):
            if source.name == "wheels":
                _install(pins, source)
            else:
                _copy_sources(root / installed_as, source)
            with step(f"compiling {title}"):
                compile_folder(root, source, f"/{installed_as}")
            found = read_folder(source, installed_as)
            tree.update(found if source.name == "wheels" else _compiled(found))
    return tree


def _install(pins: DebianPins, target: Path) -> None:
    platforms = [f"--platform=manylinux_2_{minor}_x86_64" for minor in GLIBC_MINORS]
    with step("fetching wheels"):
        run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pip",
                    "--disable-pip-version-check",
                    "--no-input",
                    "install",
                    "--quiet",
                ),
                *(
                    "--no-compile",
                    "--no-deps",
                    "--require-hashes",
                    "--only-binary=:all:",
                    "--root-user-action=ignore",
                ),
                *(
                    "--implementation=cp",
                    f"--python-version={pins.python}",
                    *platforms,
                    "--platform=manylinux2014_x86_64",
                ),
                *("--target", str(target), "-r", str(REQUIREMENTS)),
            ],
            hint=f"each package of {REQUIREMENTS} must have a wheel for Python {pins.python} on x86-64",
            timeout_seconds=INSTALL_TIMEOUT_SECONDS,
        )
    for path in sorted(target.rglob("*"), reverse=True):
        if is_dropped(path.relative_to(target).as_posix()):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not (target / "kubernetes").is_dir():
        raise BuildError(f"pip installed no kubernetes into {target}", hint=f"look at {REQUIREMENTS}")
    for path in sorted(target.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _copy_sources(library: Path, target: Path) -> None:
    shutil.copytree(
        library, target, symlinks=True, ignore=shutil.ignore_patterns("lib-dynload", "__pycache__")
    )


def _compiled(tree: Tree) -> Tree:
    return {path: node for path, node in tree.items() if path.endswith(".pyc")}
