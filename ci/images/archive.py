"""Reading image archives: what is in them, and sending a node only what it lacks."""

import json
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO


def image_names(archive: Path) -> list[str]:
    """The full names of the image in an archive: its own first, then those that the chart knows it by."""
    entries = _document(archive, "index.json")["manifests"]
    return [str(entry["annotations"]["io.containerd.image.name"]) for entry in entries]


def image_name(archive: Path) -> str:
    """The image's own full name."""
    return image_names(archive)[0]


def manifest_digest(archive: Path) -> str:
    """The digest of the image in an archive: what `ctr images list` shows."""
    return str(_document(archive, "index.json")["manifests"][0]["digest"])


def layer_digests(archive: Path) -> list[str]:
    """The digests of an archive's layers, from the bottom."""
    return [f"sha256:{path.rsplit('/', 1)[1]}" for path in _document(archive, "manifest.json")[0]["Layers"]]


def stream_missing(archive: Path, present: Collection[str], out: BinaryIO) -> int:
    """Write the archive to `out` without the layers whose digests are in `present`; return the bytes written.

    containerd takes layers that the archive lacks from its own store, so that a change of the topmost layer is
    loaded without reading the others.
    """
    skipped = {f"blobs/{digest.replace(':', '/')}" for digest in layer_digests(archive) if digest in present}
    written = 0
    with (
        tarfile.open(archive) as tar,
        tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as thin,
    ):
        for member in tar:
            if member.name not in skipped:
                thin.addfile(member, tar.extractfile(member))
                written += member.size
    return written


def _document(archive: Path, name: str) -> Any:
    with tarfile.open(archive) as tar:
        content = tar.extractfile(name)
        return json.load(content) if content else None
