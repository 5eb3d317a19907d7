"""The image of the process that holds a pod's namespaces; made here, because nothing is pulled from anywhere."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

NAME = "localhost/mysql-innodb-cluster/pause:1"
OCI = "application/vnd.oci.image"


def write_archive(program: Path, target: Path) -> None:
    """Write an image archive (OCI layout) with one program as its only file."""
    layer = _tar({"pause": (program.read_bytes(), 0o755)})
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": ["/pause"], "User": "65535:65535"},
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": _descriptor(f"{OCI}.config.v1+json", config),
            "layers": [_descriptor(f"{OCI}.layer.v1.tar", layer)],
        }
    )
    entry = _descriptor(f"{OCI}.manifest.v1+json", manifest)
    entry["annotations"] = {"io.containerd.image.name": NAME}
    entry["platform"] = {"architecture": "amd64", "os": "linux"}
    files = {
        "oci-layout": (_json({"imageLayoutVersion": "1.0.0"}), 0o644),
        "index.json": (_json({"schemaVersion": 2, "manifests": [entry]}), 0o644),
    }
    for blob in (manifest, config, layer):
        files[f"blobs/{_digest(blob).replace(':', '/')}"] = (blob, 0o644)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    fresh.write_bytes(_tar(files))
    fresh.replace(target)


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    """A tar of files (content and mode) that is the same every time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, (data, mode) in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), mode
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True).encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(data), "size": len(data)}
