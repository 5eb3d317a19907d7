"""The image of the process that holds a pod's namespaces."""

import tarfile
from pathlib import Path

from ci.cluster import pause
from ci.cluster.images import archives


def test_the_archive_is_an_image_of_one_program(tmp_path: Path) -> None:
    """It says its name, and every blob in it is named after its content."""
    program, archive = tmp_path / "pause", tmp_path / "pause.tar"
    program.write_bytes(b"program")
    pause.write_archive(program, archive)
    assert archives.image_name(archive) == pause.NAME
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert f"blobs/{archives.manifest_digest(archive).replace(':', '/')}" in names


def test_the_archive_is_the_same_every_time(tmp_path: Path) -> None:
    """A node that has the image is not given it again."""
    program = tmp_path / "pause"
    program.write_bytes(b"program")
    digests = set()
    for name in ("one.tar", "two.tar"):
        pause.write_archive(program, tmp_path / name)
        digests.add(archives.manifest_digest(tmp_path / name))
    assert len(digests) == 1
