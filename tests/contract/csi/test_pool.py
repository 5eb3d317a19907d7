"""The pool: made once, mended after any interruption, and removed without a trace."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ci.csi import commands
from ci.csi import pool as pool_module
from ci.csi.errors import PoolError
from ci.csi.model import GIB, MIB
from ci.csi.pool import Pool
from tests.contract.csi.drivers import leftovers

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pool_costs_almost_nothing_until_it_is_used(pool: Pool) -> None:
    """The file is sparse."""
    status = pool.image.stat()
    assert status.st_size == GIB
    assert status.st_blocks * 512 < 32 * MIB


def test_a_pool_is_made_once(pool: Pool) -> None:
    """Repeating it changes nothing, also not the size."""
    (pool.mount_point / "mark").touch()
    pool.ensure(2 * GIB)
    assert (pool.mount_point / "mark").exists()
    assert pool.image.stat().st_size == GIB


def test_a_pool_that_is_not_mounted_is_mounted(pool: Pool) -> None:
    """As after a restart of the machine; the limits hold again."""
    (pool.mount_point / "mark").touch()
    subprocess.run(["umount", pool.mount_point], check=True)
    pool.ensure(GIB)
    assert (pool.mount_point / "mark").exists()
    assert (pool.kernel_folder() / "qgroups").exists()


def test_a_pool_that_has_lost_count_of_its_volumes_counts_anew(pool: Pool) -> None:
    """The deletion of a big copy is not accounted for, and then the kernel holds no limit."""
    quotas = pool.kernel_folder() / "qgroups"
    subvolume, copy = pool.volumes / "big", pool.snapshots / "copy"
    commands.create_subvolume(subvolume)
    for number in range(400):  # enough for a tree of two levels
        (subvolume / f"{number:0200}").write_bytes(b"x" * 2048)
    commands.snapshot_subvolume(subvolume, copy, read_only=True)
    (quotas / "drop_subtree_threshold").write_text("0")
    commands.delete_subvolume(copy)
    subprocess.run(["btrfs", "filesystem", "sync", pool.mount_point], check=True)
    subprocess.run(["btrfs", "subvolume", "sync", pool.mount_point], check=True, stdout=subprocess.DEVNULL)
    assert (quotas / "inconsistent").read_text().strip() == "1"
    pool.ensure(GIB)
    assert (quotas / "inconsistent").read_text().strip() == "0"


def test_a_pool_that_lacks_its_mount_but_is_in_use_is_mounted_again(pool: Pool, folder: Path) -> None:
    """A pod's bind mount keeps the loop device; there must not be a second one."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (pool.volumes / "mark").touch()
    subprocess.run(["mount", "--bind", pool.volumes, elsewhere], check=True)
    subprocess.run(["umount", pool.mount_point], check=True)
    pool.ensure(GIB)
    (pool.volumes / "mark").unlink()
    assert not (elsewhere / "mark").exists()


def test_what_an_interrupted_creation_left_is_made_anew(folder: Path) -> None:
    """A file without a complete file system never has the pool's name."""
    pool = Pool(folder / "pool")
    pool.directory.mkdir()
    (pool.directory / "pool.img.unfinished").write_bytes(b"half")
    pool.ensure(GIB)
    shutil.rmtree(pool.mount_point / "records")
    pool.ensure(GIB)
    assert pool.volume_records.is_dir()


def test_a_pool_whose_file_was_deleted_is_not_made_over_the_old_one(pool: Pool) -> None:
    """Its volumes are still in use; first it must be destroyed."""
    pool.image.unlink()
    with pytest.raises(PoolError, match="destroy"):
        pool.ensure(GIB)
    pool.destroy()
    pool.ensure(GIB)


def test_a_destroyed_pool_leaves_nothing_behind(pool: Pool, folder: Path) -> None:
    """Neither the mounts of a dead node nor loop devices; and there may be nothing to destroy."""
    elsewhere = folder / "dead node"
    elsewhere.mkdir()
    subprocess.run(["mount", "--bind", pool.volumes, elsewhere], check=True)
    pool.destroy()
    pool.destroy()
    assert leftovers(folder) == []
    assert list(pool.directory.iterdir()) == []


def test_a_pool_that_is_still_used_goes_with_its_last_user(
    pool: Pool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its loop device is named, and a new pool can be made meanwhile."""
    monkeypatch.setattr(pool_module, "DETACH_DEADLINE_SECONDS", 0.1)
    with (pool.mount_point / "open").open("w"):
        (device,) = pool.destroy()
        assert device.startswith("/dev/loop")
        pool.ensure(GIB)
        assert list(pool.volumes.iterdir()) == []


def test_a_pool_is_made_and_removed_from_the_shell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the cluster's commands do."""
    pool_module.main(["create", str(folder / "pool"), "--size", "300MiB"])
    assert capsys.readouterr().out.strip() == str(folder / "pool" / "data")
    pool_module.main(["destroy", str(folder / "pool")])
    with pytest.raises(SystemExit, match="at least"):
        pool_module.main(["create", str(folder / "pool"), "--size", "1MiB"])
