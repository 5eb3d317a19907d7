"""Images for the nodes: archives are loaded into every node, at the cost of one."""

import contextlib
import fcntl
import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ci.binaries.groups import cache_root
from ci.cluster.layers import LayerCache, archive_chain_ids, folders_of_mount
from ci.cluster.layout import Node
from ci.images import archive as archives
from ci.progress import StepError

IMPORT_TIMEOUT_SECONDS = 600
PARALLEL_NODES = 2
# What `ctr snapshots prepare` and `commit` set, so that nothing is collected while a layer is being made.
PROTECTION = "containerd.io/gc.root="


@dataclass(frozen=True, slots=True)
class ImageStore:
    """The images of one node."""

    node: Node

    def _ctr(self, *arguments: str) -> list[str]:
        address = str(self.node.host_socket)
        return [str(self.node.layout.bin / "ctr"), "--address", address, "--namespace", "k8s.io", *arguments]

    def _run(self, *arguments: str) -> str:
        result = subprocess.run(self._ctr(*arguments), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            what = " ".join(arguments[:3])
            raise StepError(f"containerd of {self.node.name}: {what}: {result.stderr.strip()}")
        return result.stdout

    def digests(self) -> dict[str, str]:
        """The digest of each image by name."""
        lines = [line.split() for line in self._run("images", "list").splitlines()[1:]]
        return {fields[0]: fields[2] for fields in lines if len(fields) > 2}

    def has(self, archive: Path) -> bool:
        """Whether the node has just this image under all its names. False for archives that tell none."""
        try:
            names, digest = archives.image_names(archive), archives.manifest_digest(archive)
        except (KeyError, IndexError, TypeError, tarfile.TarError):
            return False
        there = self.digests()
        return all(there.get(name) == digest for name in names)

    def import_whole(self, archive: Path) -> None:
        """Let containerd unpack the archive. Raises StepError with its message."""
        result = subprocess.run(
            self._ctr("images", "import", "--digests=false", str(archive)),
            capture_output=True,
            text=True,
            check=False,
            timeout=IMPORT_TIMEOUT_SECONDS,
        )
        if result.returncode != 0:
            raise StepError(
                f"{archive} cannot be loaded into {self.node.name}: {result.stderr.strip()}",
                hint="is it an image archive in OCI layout or as `docker save` writes it, and the disk not full?",
            )

    def import_with_layers(self, archive: Path, chain: Sequence[str], cache: LayerCache) -> None:
        """Import an image whose layers come from the cache. Raises StepError."""
        there = {line.split()[0] for line in self._run("snapshots", "list").splitlines()[1:]}
        made = [chain_id for chain_id in chain if chain_id not in there]
        for chain_id in made:
            below = chain[: chain.index(chain_id)][-1:]
            key = f"loading-{os.getpid()}-{chain_id}"
            upper = folders_of_mount(self._mounts("prepare", key, *below))[1]
            if upper is None:
                raise StepError(f"containerd of {self.node.name} gives no folder for {chain_id}")
            cache.put(chain_id, self._on_host(upper))
            self._run("snapshots", "commit", chain_id, key)
        process = subprocess.Popen(
            self._ctr("images", "import", "--local", "--digests=false", "-"),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with contextlib.suppress(BrokenPipeError):  # containerd's message follows
            archives.stream_missing(archive, archives.layer_digests(archive), cast("Any", process.stdin))
        _, message = process.communicate(timeout=IMPORT_TIMEOUT_SECONDS)
        if process.returncode != 0:
            raise StepError(f"containerd of {self.node.name}: {message.decode(errors='replace').strip()}")
        for chain_id in made:
            self._run("snapshots", "label", chain_id, PROTECTION)

    def keep_layers(self, chain: Sequence[str], cache: LayerCache) -> None:
        """Put the layers of an image that containerd has unpacked into the cache."""
        key = f"looking-{os.getpid()}-{chain[-1]}"
        lower = folders_of_mount(self._mounts("view", key, chain[-1]))[0]
        try:
            for chain_id, folder in zip(chain, lower, strict=True):
                cache.add(chain_id, self._on_host(folder))
        finally:
            with contextlib.suppress(StepError):  # nothing refers to it: containerd may have collected it
                self._run("snapshots", "delete", key)

    def tag(self, source: str, target: str) -> None:
        """Give an image that is there a second name. Raises StepError."""
        self._run("images", "tag", "--force", source, target)

    def _mounts(self, action: str, *arguments: str) -> list[dict[str, Any]]:
        return cast(
            "list[dict[str, Any]]", json.loads(self._run("snapshots", action, "--mounts", *arguments))
        )

    def _on_host(self, path: Path) -> Path:
        """Where the host sees a folder of the nodes' mount namespace."""
        for inside, outside in self.node.layout.folders.items():
            if inside in path.parents:
                return outside / path.relative_to(inside)
        return path


def tag_everywhere(nodes: list[Node], source: str, target: str) -> None:
    """Give an image that every node has a second name. Raises StepError."""
    for node in nodes:
        ImageStore(node).tag(source, target)


def load_everywhere(nodes: list[Node], files: Sequence[Path]) -> list[tuple[Path, int]]:
    """Load archives into all nodes; returns how many nodes lacked each. Raises StepError."""
    cache = LayerCache(cache_root() / "layers")
    cache.folder.mkdir(parents=True, exist_ok=True)
    loaded = []
    with (cache.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for file in files:
            lacking = [store for store in map(ImageStore, nodes) if not store.has(file)]
            if lacking:
                _load(lacking, file, cache)
            loaded.append((file, len(lacking)))
        cache.prune()
    return loaded


def _load(stores: list[ImageStore], archive: Path, cache: LayerCache) -> None:
    """Load one archive into the nodes that lack it."""
    try:
        chain = archive_chain_ids(archive)
        archives.image_name(archive)
    except (KeyError, IndexError, TypeError, tarfile.TarError):
        for store in stores:  # of another kind than ci.images writes
            store.import_whole(archive)
        return
    rest = stores
    if not cache.has(chain):
        stores[0].import_whole(archive)
        stores[0].keep_layers(chain, cache)
        rest = stores[1:]

    def load(store: ImageStore) -> None:
        try:
            store.import_with_layers(archive, chain, cache)
        except StepError:
            store.import_whole(archive)

    with ThreadPoolExecutor(PARALLEL_NODES) as pool:
        list(pool.map(load, rest))
