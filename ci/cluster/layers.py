"""Unpacked image layers, kept in the user's cache and hard-linked into the nodes.

containerd unpacks a layer once on this machine. Every other node, and every later cluster, gets links to the same
files: a lower layer of an overlay is never written to. What took seconds of CPU and a copy on the disk for each node
takes tenths of a second and no space.
"""

import hashlib
import json
import shutil
import subprocess
import tarfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.progress import StepError

UNUSED_DAYS = 14


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """The names of an image's snapshots, from the bottom (OCI image specification, "Layer ChainID")."""
    chain: list[str] = []
    for diff_id in diff_ids:
        if chain:
            digest = hashlib.sha256(f"{chain[-1]} {diff_id}".encode()).hexdigest()
            chain.append(f"sha256:{digest}")
        else:
            chain.append(diff_id)
    return chain


def archive_chain_ids(archive: Path) -> list[str]:
    """The same, of the image in an archive. Raises KeyError for an archive of another kind."""
    with tarfile.open(archive) as tar:

        def read(name: str) -> Any:
            content = tar.extractfile(name)
            return json.load(content) if content else {}

        return chain_ids(read(read("manifest.json")[0]["Config"])["rootfs"]["diff_ids"])


def folders_of_mount(mounts: Sequence[dict[str, Any]]) -> tuple[list[Path], Path | None]:
    """Folders of the lower layers from the bottom, and of the topmost one to write to, from containerd's mounts."""
    mount = mounts[0]
    if mount["Type"] == "bind":
        source = Path(mount["Source"])
        return ([source], None) if "ro" in mount["Options"] else ([], source)
    lower: list[Path] = []
    upper: Path | None = None
    for option in mount["Options"]:
        name, _, value = option.partition("=")
        if name == "lowerdir":
            lower = [Path(path) for path in reversed(value.split(":"))]
        elif name == "upperdir":
            upper = Path(value)
    return lower, upper


@dataclass(frozen=True, slots=True)
class LayerCache:
    """Folders with the content of layers, by the name of their snapshot."""

    folder: Path

    def path(self, chain_id: str) -> Path:
        """Where a layer's content lies or will lie."""
        return self.folder / chain_id.removeprefix("sha256:")

    def has(self, chain_ids: Sequence[str]) -> bool:
        """Whether all of these are there."""
        return all(self.path(chain_id).is_dir() for chain_id in chain_ids)

    def add(self, chain_id: str, source: Path) -> None:
        """Keep a layer that containerd has unpacked."""
        target = self.path(chain_id)
        if target.is_dir():
            return
        fresh = target.with_name(f".{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        link_tree(source, fresh)
        fresh.rename(target)

    def put(self, chain_id: str, target: Path) -> None:
        """Give a node the layer's content, in the folder of a new snapshot."""
        source = self.path(chain_id)
        link_tree(source, target)
        (self.folder / f"{source.name}.used").touch()

    def prune(self) -> None:
        """Forget layers that no node was given for two weeks."""
        oldest = time.time() - UNUSED_DAYS * 86400
        for mark in self.folder.glob("*.used"):
            if mark.stat().st_mtime < oldest:
                shutil.rmtree(mark.with_suffix(""), ignore_errors=True)
                mark.unlink()


def link_tree(source: Path, target: Path) -> None:
    """Fill the folder `target` with hard links to the files below `source`; copies across file systems.

    Owners, modes, times and attributes of folders are kept. Raises StepError.
    """
    same_disk = source.stat().st_dev == target.stat().st_dev
    how = "--link" if same_disk else "--reflink=auto"
    result = subprocess.run(
        ["cp", "--archive", how, f"{source}/.", f"{target}/"], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise StepError(f"cannot fill {target}: {result.stderr.strip()}")
