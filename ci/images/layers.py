"""Layers in the cache: made once for each set of inputs, named by the hash of those inputs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.images.cache import digest_of_files, images_cache, keep, key_of
from ci.images.progress import step
from ci.images.tree import Tree, size_bytes, write_tar

TAR = "layer.tar"
FACTS = "layer.json"


@dataclass(frozen=True, slots=True)
class Layer:
    """A finished layer: its tar file, the digest of it, and the sum of its files' sizes."""

    name: str
    key: str
    tar: Path
    digest: str
    tar_bytes: int
    content_bytes: int


def layer_key(name: str, modules: Sequence[str], *inputs: object) -> str:
    """The key of a layer: its inputs, and the modules of this package that decide what bytes it has."""
    here = Path(__file__).parent
    return key_of(name, digest_of_files([here / module for module in ("tree.py", *modules)]), *inputs)


def cached(name: str, key: str) -> bool:
    """Whether a layer is there already."""
    return _folder(name, key).is_dir()


def keep_layer(
    name: str, key: str, make: Callable[[], Tree], check: Callable[[Layer], None] | None = None
) -> Layer:
    """The layer from the cache, or from the tree that `make` returns; it is kept only when `check` raises nothing."""

    def build(folder: Path) -> None:
        with step(f"layer {name}") as progress:
            tree = make()
            with (folder / TAR).open("wb") as out:
                digest = write_tar(tree, out)
            content_bytes = size_bytes(tree)
            facts = {
                "digest": digest,
                "tar_bytes": (folder / TAR).stat().st_size,
                "content_bytes": content_bytes,
            }
            (folder / FACTS).write_text(json.dumps(facts))
            if check:
                check(_read(name, key, folder))
            progress.note = f"{content_bytes / 1e6:.0f} MB"

    return _read(name, key, keep(_folder(name, key), build))


def _read(name: str, key: str, folder: Path) -> Layer:
    facts = json.loads((folder / FACTS).read_text())
    return Layer(name=name, key=key, tar=folder / TAR, **facts)


def _folder(name: str, key: str) -> Path:
    return images_cache() / "layers" / f"{name}-{key}"
