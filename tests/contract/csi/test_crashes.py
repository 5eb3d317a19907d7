"""A driver that is killed between any two steps is started again, and the repeated call ends well.

The kill comes from a `btrfs` that is found first on the driver's PATH: it does what it is asked, or does not, and
then kills the driver.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ci.csi.model import MIB, CapacityRange, Snapshot, Volume
from ci.csi.records import Records
from ci.csi.storage import Storage
from tests.contract.csi.drivers import DEFAULT_BYTES, Driver, creation, from_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ci.csi.pool import Pool

KILLER = """\
#!/bin/sh
case "$*" in
  "{command}"*)
    [ {moment} = before ] || {btrfs} "$@"
    kill -9 $PPID ;;
  *)
    exec {btrfs} "$@" ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Crash:
    """The moment of a crash: before or after a command of a program."""

    moment: str
    command: str

    def __str__(self) -> str:
        """What a test with it is called."""
        return f"{self.moment} {self.command}"


def kill_at(driver: Driver, folder: Path, crash: Crash) -> None:
    """Start the driver so that it is killed at this moment."""
    folder.mkdir(exist_ok=True)
    killer = folder / "btrfs"
    killer.write_text(KILLER.format(command=crash.command, moment=crash.moment, btrfs=shutil.which("btrfs")))
    killer.chmod(0o755)
    driver.environment = {"PATH": f"{folder}:{os.environ['PATH']}"}
    driver.run()


def everything(pool: Pool) -> tuple[set[str], set[str]]:
    """The identifiers of what has a subvolume and of what has a record; equal when nothing is half there."""
    subvolumes = {path.name for folder in (pool.volumes, pool.snapshots) for path in folder.iterdir()}
    volumes = Records(pool.volume_records, Volume.from_document).identifiers()
    snapshots = Records(pool.snapshot_records, Snapshot.from_document).identifiers()
    return subvolumes, {*volumes, *snapshots}


@pytest.fixture
def crashing(folder: Path, pool: Pool) -> Iterator[Driver]:
    """A driver that is not started yet, a volume `origin` with a file, and a snapshot `image` of it."""
    storage = Storage(pool)
    origin = storage.create_volume("origin", CapacityRange(DEFAULT_BYTES), None)
    (storage.path(origin) / "file").write_text("data")
    storage.create_snapshot("image", "origin")
    driver = Driver(pool, folder / "node")
    try:
        yield driver
    finally:
        driver.end()


@pytest.mark.parametrize(
    "crash",
    [
        Crash("before", "subvolume create"),
        Crash("after", "subvolume create"),
        Crash("before", "qgroup limit"),
        Crash("after", "qgroup limit"),
    ],
    ids=str,
)
def test_an_interrupted_creation_is_repeated(crashing: Driver, folder: Path, crash: Crash) -> None:
    """And makes one volume, with its limit."""
    kill_at(crashing, folder / "bin", crash)
    assert crashing.code("Controller", "CreateVolume", **creation("new")) == "UNAVAILABLE"
    crashing.wait()
    crashing.restart()
    assert crashing.create_volume("new").volume_id == "new"
    assert everything(crashing.pool) == ({"origin", "image", "new"},) * 2
    with pytest.raises(OSError, match="quota"):
        (crashing.publish("new") / "file").write_bytes(os.urandom(70 * MIB))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupted_restore_is_repeated(crashing: Driver, folder: Path, moment: str) -> None:
    """And has the snapshot's content."""
    kill_at(crashing, folder / "bin", Crash(moment, "subvolume snapshot"))
    fields = creation("new", source=from_snapshot("image"))
    assert crashing.code("Controller", "CreateVolume", **fields) == "UNAVAILABLE"
    crashing.wait()
    crashing.restart()
    crashing.create_volume("new", source=from_snapshot("image"))
    assert (crashing.publish("new") / "file").read_text() == "data"
    assert everything(crashing.pool) == ({"origin", "image", "new"},) * 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_interrupted_snapshot_is_taken_anew(crashing: Driver, folder: Path, moment: str) -> None:
    """Nobody was told of the first one, so what was written since belongs to it."""
    kill_at(crashing, folder / "bin", Crash(moment, "subvolume snapshot -r"))
    fields = {"name": "late", "source_volume_id": "origin"}
    assert crashing.code("Controller", "CreateSnapshot", **fields) == "UNAVAILABLE"
    crashing.wait()
    crashing.restart()
    (crashing.publish("origin") / "file").write_text("later")
    crashing.create_snapshot("late", "origin")
    assert (crashing.pool.snapshots / "late" / "file").read_text() == "later"
    assert everything(crashing.pool) == ({"origin", "image", "late"},) * 2


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "fields", "remaining"),
    [
        ("DeleteVolume", {"volume_id": "origin"}, {"image"}),
        ("DeleteSnapshot", {"snapshot_id": "image"}, {"origin"}),
    ],
)
def test_an_interrupted_deletion_is_finished(
    crashing: Driver,
    folder: Path,
    moment: str,
    method: str,
    fields: dict[str, str],
    remaining: set[str],
) -> None:
    """By the repeated call and the driver's start; the name can be used again."""
    kill_at(crashing, folder / "bin", Crash(moment, "subvolume delete"))
    assert crashing.code("Controller", method, **fields) == "UNAVAILABLE"
    crashing.wait()
    crashing.restart()
    assert crashing.code("Controller", method, **fields) == "OK"
    assert everything(crashing.pool) == (remaining,) * 2
    crashing.create_volume("origin")


def test_an_interrupted_expansion_is_repeated(crashing: Driver, folder: Path) -> None:
    """The record follows the limit."""
    kill_at(crashing, folder / "bin", Crash("after", "qgroup limit"))
    fields = {"volume_id": "origin", "capacity_range": {"required_bytes": 96 * MIB}}
    assert crashing.code("Controller", "ControllerExpandVolume", **fields) == "UNAVAILABLE"
    crashing.wait()
    crashing.restart()
    assert crashing.create_volume("origin").capacity_bytes != 96 * MIB
    assert crashing.call("Controller", "ControllerExpandVolume", **fields).capacity_bytes == 96 * MIB


def test_published_volumes_survive_a_kill(crashing: Driver) -> None:
    """The mounts are the kernel's; the next driver finds them."""
    crashing.run()
    path = crashing.publish("origin")
    crashing.kill()
    assert (path / "file").read_text() == "data"
    crashing.restart()
    assert crashing.code("Controller", "DeleteVolume", volume_id="origin") == "FAILED_PRECONDITION"
    crashing.unpublish("origin")
    assert not path.exists()
