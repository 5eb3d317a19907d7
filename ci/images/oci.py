"""Image manifests, and archives of them in the layout that Docker, podman and containerd all read.

An archive is an OCI image layout (index.json, oci-layout, blobs/) that also carries Docker's manifest.json. Layers
are not compressed: an archive never leaves the machine, and packing and unpacking cost more than they save.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci.images.catalogue import ENVIRONMENT, MYSQL_ID, REPOSITORY, SOURCE_TITLE, Image
from ci.images.layers import Layer
from ci.images.tree import MODIFIED_SECONDS

CREATED = "2026-01-01T00:00:00Z"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
NAME = "io.containerd.image.name"
Json = dict[str, Any]


def reference(image: Image, version: str) -> str:
    """An image's full name."""
    return f"{REPOSITORY}/{image.name}:{version}"


def configuration(image: Image, version: str, layers: Sequence[Layer]) -> Json:
    """An image's configuration: the user, the command, the environment, the labels and the layers' digests."""
    return {
        "created": CREATED,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": f"{MYSQL_ID}:{MYSQL_ID}",
            "Env": [f"{name}={value}" for name, value in {**ENVIRONMENT, **image.environment}.items()],
            "Cmd": list(image.command),
            "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": image.title,
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.source": SOURCE_TITLE,
                "org.opencontainers.image.licenses": image.licenses,
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
        "history": [{"created": CREATED, "created_by": f"ci.images: layer {layer.name}"} for layer in layers],
    }


def write_archive(
    image: Image, version: str, layers: Sequence[Layer], target: Path, *, aliases: Sequence[str] = ()
) -> None:
    """Write an image's archive; small entries first, so that a reader knows early what follows.

    containerd also gives the image the names in `aliases`; Docker does not, for whom they may belong to others.
    """
    name = reference(image, version)
    config = _blob(CONFIG_TYPE, configuration(image, version, layers))
    manifest = _blob(
        MANIFEST_TYPE,
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config[0],
            "layers": [_descriptor(LAYER_TYPE, layer.digest, layer.tar_bytes) for layer in layers],
        },
    )
    entries = [
        {
            **manifest[0],
            "annotations": {NAME: full, "org.opencontainers.image.ref.name": full.rsplit(":", 1)[1]},
        }
        for full in dict.fromkeys((name, *aliases))
    ]
    index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}
    docker = [
        {
            "Config": _path(config[0]["digest"]),
            "RepoTags": [name],
            "Layers": [_path(layer.digest) for layer in layers],
        }
    ]
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        _add(tar, "index.json", _text(index))
        _add(tar, "manifest.json", _text(docker))
        for descriptor, content in (manifest, config):
            _add(tar, _path(descriptor["digest"]), content)
        for layer in layers:
            entry = _entry(_path(layer.digest), layer.tar_bytes)
            with layer.tar.open("rb") as content_file:
                tar.addfile(entry, content_file)


def _text(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _blob(media_type: str, document: object) -> tuple[Json, bytes]:
    content = _text(document)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    return _descriptor(media_type, digest, len(content)), content


def _descriptor(media_type: str, digest: str, size_bytes: int) -> Json:
    return {"mediaType": media_type, "digest": digest, "size": size_bytes}


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _entry(name: str, size_bytes: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size_bytes
    entry.mtime = MODIFIED_SECONDS
    return entry


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    tar.addfile(_entry(name, len(content)), io.BytesIO(content))
