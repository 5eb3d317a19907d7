"""Image archives: what is in them, and what a node is sent."""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ci.images.archive import image_name, image_names, layer_digests, manifest_digest, stream_missing
from ci.images.catalogue import IMAGES
from ci.images.layers import Layer
from ci.images.oci import configuration, write_archive
from ci.images.tree import file, write_tar

NAME = "localhost/mysql-innodb-cluster/server:9.7.4"


@pytest.fixture
def layers(tmp_path: Path) -> list[Layer]:
    """Two small layers."""
    made = []
    for name in ("base", "server"):
        path = tmp_path / f"{name}.tar"
        with path.open("wb") as out:
            digest = write_tar({f"etc/{name}": file(name)}, out)
        made.append(Layer(name, "key", path, digest, path.stat().st_size, len(name)))
    return made


@pytest.fixture
def archive(tmp_path: Path, layers: list[Layer]) -> Path:
    """An archive of the two layers."""
    write_archive(IMAGES["server"], "9.7.4", layers, tmp_path / "image.tar")
    return tmp_path / "image.tar"


def members(content: bytes) -> dict[str, bytes]:
    """The files in an archive."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {entry.name: data.read() for entry in tar if (data := tar.extractfile(entry))}


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    """What a descriptor refers to."""
    return files[f"blobs/{descriptor['digest'].replace(':', '/')}"]


def test_every_blob_has_the_digest_that_names_it(archive: Path) -> None:
    """Nothing in the archive contradicts its name."""
    blobs = {name: data for name, data in members(archive.read_bytes()).items() if name.startswith("blobs/")}
    assert blobs
    for name, data in blobs.items():
        assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


def test_index_manifest_and_configuration_lead_to_the_layers(archive: Path, layers: list[Layer]) -> None:
    """A reader gets from the name to each layer, and every size is right."""
    files = members(archive.read_bytes())
    entry = json.loads(files["index.json"])["manifests"][0]
    manifest = json.loads(blob(files, entry))
    config = json.loads(blob(files, manifest["config"]))
    assert entry["annotations"]["io.containerd.image.name"] == NAME == image_name(archive)
    assert [len(blob(files, layer)) for layer in manifest["layers"]] == [
        layer["size"] for layer in manifest["layers"]
    ]
    assert config["rootfs"]["diff_ids"] == [layer.digest for layer in layers] == layer_digests(archive)
    assert entry["digest"] == manifest_digest(archive)


def test_docker_finds_the_same_image(archive: Path, layers: list[Layer]) -> None:
    """The manifest that Docker reads names the same configuration and layers."""
    files = members(archive.read_bytes())
    docker = json.loads(files["manifest.json"])[0]
    assert docker["RepoTags"] == [NAME]
    assert json.loads(files[docker["Config"]])["config"]["User"] == "27:27"
    assert [hashlib.sha256(files[path]).hexdigest() for path in docker["Layers"]] == [
        layer.digest.removeprefix("sha256:") for layer in layers
    ]


def test_containerd_finds_the_image_by_every_name(layers: list[Layer], tmp_path: Path) -> None:
    """The names that the chart defaults to lead to the same image; Docker gets only the image's own."""
    aliases = ["registry.example/mysql/server:9.7.4", NAME]
    write_archive(IMAGES["server"], "9.7.4", layers, tmp_path / "image.tar", aliases=aliases)
    assert image_names(tmp_path / "image.tar") == [NAME, "registry.example/mysql/server:9.7.4"]
    files = members((tmp_path / "image.tar").read_bytes())
    assert len({entry["digest"] for entry in json.loads(files["index.json"])["manifests"]}) == 1
    assert json.loads(files["manifest.json"])[0]["RepoTags"] == [NAME]


def test_an_archive_repeats_byte_for_byte(archive: Path, layers: list[Layer], tmp_path: Path) -> None:
    """The same layers give the same archive."""
    write_archive(IMAGES["server"], "9.7.4", layers, tmp_path / "again.tar")
    assert archive.read_bytes() == (tmp_path / "again.tar").read_bytes()


def test_layers_that_a_node_has_are_not_sent(archive: Path, layers: list[Layer]) -> None:
    """A thin archive lacks exactly the layers that are there; manifest and configuration stay."""
    out = io.BytesIO()
    stream_missing(archive, {layers[0].digest, "sha256:unrelated"}, out)
    whole, thin = members(archive.read_bytes()), members(out.getvalue())
    assert set(whole) - set(thin) == {f"blobs/{layers[0].digest.replace(':', '/')}"}
    assert all(whole[name] == data for name, data in thin.items())


@pytest.mark.parametrize("name", list(IMAGES))
def test_every_image_runs_as_the_same_unprivileged_user(name: str, layers: list[Layer]) -> None:
    """All containers of all pods are user and group 27."""
    config = configuration(IMAGES[name], "1", layers)["config"]
    assert config["User"] == "27:27"
    assert {"title", "version", "source", "licenses"} == {
        label.rsplit(".", 1)[1] for label in config["Labels"]
    }
