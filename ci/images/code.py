"""The topmost layer of the hooks image: our own package and its command."""

import shutil
from pathlib import Path

from ci.images.cache import digest_of_files, key_of
from ci.images.errors import BuildError
from ci.images.layers import Layer, keep_layer, layer_key
from ci.images.python import compile_folder, stage
from ci.images.rootfs import unpack
from ci.images.tree import Tree, file, read_folder
from ci.images.versions import HOOKS

PACKAGE = HOOKS / "src" / "innodb_cluster"
RECIPE = ("code.py", "python.py")
INSTALLED_AS = "opt/innodb-cluster"
COMMAND = f"""#!/usr/bin/python3
import sys

sys.path.insert(0, "/{INSTALLED_AS}")
from innodb_cluster.cli import main

sys.exit(main())
"""
# What a checkout has beside the package itself.
IGNORED = ("__pycache__", "*.pyc", ".*", "*.swp", "*~")


def code_layer(version: str, base: Layer, python: Layer) -> Layer:
    """The layer for the package as it is in the checkout, from the cache where it is there.

    Raises BuildError when a module does not compile.
    """
    sources = [
        path for path in sorted(PACKAGE.rglob("*")) if path.is_file() and "__pycache__" not in path.parts
    ]
    if not sources:
        raise BuildError(f"{PACKAGE} is empty", hint="the checkout is not complete")
    names = [str(path.relative_to(PACKAGE)) for path in sources]
    key = layer_key(
        "code", RECIPE, names, digest_of_files(sources), version, key_of(base.digest, python.digest)
    )
    return keep_layer("code", key, lambda: _tree(version, unpack("python", [base, python])))


def _tree(version: str, root: Path) -> Tree:
    with stage() as folder:
        shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns(*IGNORED))
        compile_folder(root, folder, f"/{INSTALLED_AS}", workers=1)
        tree = read_folder(folder, INSTALLED_AS)
    tree[f"{INSTALLED_AS}/innodb_cluster-{version}.dist-info/METADATA"] = file(
        f"Metadata-Version: 2.1\nName: innodb-cluster\nVersion: {version}\n"
    )
    tree["usr/local/bin/innodb-cluster"] = file(COMMAND, 0o755)
    return tree
