"""The Node service: a volume is seen in pods' folders, on whichever node, and is full when it is full."""

from __future__ import annotations

import errno
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest

from ci.csi.model import MIB
from tests.contract.csi.drivers import (
    Driver,
    capability,
    from_snapshot,
    is_mounted,
    publication,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def fill(path: Path) -> int:
    """Write to a file until there is no more room; the number of bytes that fitted."""
    with (path / "fill").open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="quota") as refused:
            write_for_ever(file)
        assert refused.value.errno == errno.EDQUOT
        return file.tell()


def write_for_ever(file: BinaryIO) -> None:
    """Write until an error."""
    block = os.urandom(MIB)
    while True:
        file.write(block)
        os.fsync(file.fileno())


def test_a_published_volume_is_seen_and_an_unpublished_one_is_not(driver: Driver) -> None:
    """Both may be repeated, and the pod's folder goes as well."""
    volume_id = driver.create_volume("seen").volume_id
    path = driver.publish(volume_id, "seen")
    assert driver.publish(volume_id, "seen") == path
    (path / "file").write_text("data")
    driver.unpublish(volume_id, "seen")
    driver.unpublish(volume_id, "seen")
    assert not path.exists()
    assert (driver.publish(volume_id, "seen") / "file").read_text() == "data"


def test_any_user_may_enter_a_new_volume_and_only_root_may_write(driver: Driver) -> None:
    """The kubelet then gives it to the pod's fsGroup."""
    path = driver.publish(driver.create_volume("rights").volume_id, "rights")
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (0, 0, 0o755)


@pytest.mark.parametrize(
    "changes",
    [
        {"readonly": True},
        {"volume_capability": capability("SINGLE_NODE_READER_ONLY")},
        {"volume_capability": capability(mount_flags=["ro", "noexec"])},
    ],
)
def test_a_read_only_publication_refuses_writes(driver: Driver, changes: dict[str, Any]) -> None:
    """While another pod of the node may write."""
    volume_id = driver.create_volume("read-only").volume_id
    writable = driver.publish(volume_id, "writes")
    path = driver.publish(volume_id, "reads", **changes)
    with pytest.raises(OSError, match="Read-only"):
        (path / "file").write_text("")
    (writable / "file").write_text("")
    driver.unpublish(volume_id, "reads")


def test_a_folder_that_shows_something_else_is_not_covered(driver: Driver) -> None:
    """Another volume, or the same one with other rights."""
    one = driver.create_volume("one").volume_id
    two = driver.create_volume("two").volume_id
    target = driver.publish(one, "covered")
    assert driver.code("Node", "NodePublishVolume", **publication(two, target)) == "ALREADY_EXISTS"
    read_only = publication(one, target, readonly=True)
    assert driver.code("Node", "NodePublishVolume", **read_only) == "ALREADY_EXISTS"


def test_a_volume_for_one_pod_is_not_given_to_a_second_one(driver: Driver) -> None:
    """ReadWriteOncePod."""
    volume_id = driver.create_volume("alone").volume_id
    alone = {"volume_capability": capability("SINGLE_NODE_SINGLE_WRITER")}
    target = driver.publish(volume_id, "alone", **alone)
    assert driver.publish(volume_id, "alone", **alone) == target
    second = publication(volume_id, driver.target("second"), **alone)
    assert driver.code("Node", "NodePublishVolume", **second) == "FAILED_PRECONDITION"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"volume_id": ""}, "INVALID_ARGUMENT"),
        ({"target_path": ""}, "INVALID_ARGUMENT"),
        ({"volume_capability": None}, "INVALID_ARGUMENT"),
        ({"volume_capability": capability(mount_flags=["suid"])}, "INVALID_ARGUMENT"),
        ({"volume_id": "absent"}, "NOT_FOUND"),
        ({"volume_id": "../../pool"}, "NOT_FOUND"),
    ],
)
def test_a_publication_that_cannot_be_is_refused(driver: Driver, changes: dict[str, Any], code: str) -> None:
    """By the codes of the CSI specification."""
    volume_id = driver.create_volume("refused").volume_id
    fields = {**publication(volume_id, driver.target("refused")), **changes}
    assert driver.code("Node", "NodePublishVolume", **fields) == code


def test_a_subpath_of_a_volume_keeps_it_from_deletion(driver: Driver) -> None:
    """The kubelet mounts subPath folders itself."""
    volume_id = driver.create_volume("subpath").volume_id
    path = driver.publish(volume_id, "subpath")
    (path / "folder").mkdir()
    elsewhere = driver.kubelet_root / "subpath"
    elsewhere.mkdir()
    subprocess.run(["mount", "--bind", path / "folder", elsewhere], check=True)
    driver.unpublish(volume_id, "subpath")
    assert driver.code("Controller", "DeleteVolume", volume_id=volume_id) == "FAILED_PRECONDITION"
    subprocess.run(["umount", elsewhere], check=True)
    assert driver.code("Controller", "DeleteVolume", volume_id=volume_id) == "OK"


def test_a_full_volume_refuses_writes_until_it_is_expanded_or_emptied(driver: Driver) -> None:
    """Other volumes of the pool notice nothing."""
    volume_id = driver.create_volume("full", 64 * MIB).volume_id
    path = driver.publish(volume_id, "full")
    assert 48 * MIB <= fill(path) <= 64 * MIB
    assert 48 * MIB <= driver.used_bytes(volume_id, path) <= 64 * MIB
    other = driver.publish(driver.create_volume("beside-full").volume_id, "beside-full")
    (other / "file").write_bytes(b"x" * MIB)
    expand = {"volume_id": volume_id, "capacity_range": {"required_bytes": 128 * MIB}}
    driver.call("Controller", "ControllerExpandVolume", **expand)
    assert 96 * MIB <= fill(path) <= 128 * MIB
    (path / "fill").unlink()
    assert fill(path) >= 96 * MIB


def test_what_a_snapshot_holds_does_not_fill_the_volume(driver: Driver) -> None:
    """A backup must not make a database's disk full: only what the volume itself refers to counts."""
    volume_id = driver.create_volume("rewritten", 64 * MIB).volume_id
    path = driver.publish(volume_id, "rewritten")
    for number in range(3):
        (path / "file").write_bytes(os.urandom(40 * MIB))
        driver.create_snapshot(f"rewritten-{number}", volume_id)
        (path / "file").unlink()
        subprocess.run(["btrfs", "filesystem", "sync", path], check=True, stdout=subprocess.DEVNULL)


def test_a_restored_volume_has_the_sources_usage(driver: Driver) -> None:
    """What it shares with a snapshot counts like its own."""
    volume_id = driver.create_volume("used", 64 * MIB).volume_id
    (driver.publish(volume_id, "used") / "file").write_bytes(os.urandom(20 * MIB))
    snapshot = driver.create_snapshot("of-used", volume_id)
    restored_id = driver.create_volume("used-again", source=from_snapshot(snapshot.snapshot_id)).volume_id
    path = driver.publish(restored_id, "used-again")
    assert 20 * MIB <= driver.used_bytes(restored_id, path) <= 24 * MIB
    assert 24 * MIB <= fill(path) <= 44 * MIB


def test_statistics_are_of_the_volume_and_not_of_the_pool(driver: Driver) -> None:
    """The kubelet shows them as kubelet_volume_stats_*."""
    volume_id = driver.create_volume("measured", 64 * MIB).volume_id
    path = driver.publish(volume_id, "measured")
    (path / "file").write_bytes(os.urandom(10 * MIB))
    response = driver.call("Node", "NodeGetVolumeStats", volume_id=volume_id, volume_path=str(path))
    (usage,) = response.usage
    assert usage.total == 64 * MIB
    assert 10 * MIB <= usage.used <= 12 * MIB
    assert usage.available == usage.total - usage.used
    elsewhere = {"volume_id": volume_id, "volume_path": str(driver.target("elsewhere"))}
    assert driver.code("Node", "NodeGetVolumeStats", **elsewhere) == "NOT_FOUND"


def test_a_node_expands_to_what_the_controller_has_set(driver: Driver) -> None:
    """The kubelet may ask although nothing is left to do."""
    volume_id = driver.create_volume("node-expanded", 64 * MIB).volume_id
    path = driver.publish(volume_id, "node-expanded")
    fields = {"volume_id": volume_id, "volume_path": str(path)}
    assert driver.call("Node", "NodeExpandVolume", **fields).capacity_bytes == 64 * MIB
    larger = {**fields, "capacity_range": {"required_bytes": 80 * MIB}}
    assert driver.call("Node", "NodeExpandVolume", **larger).capacity_bytes == 80 * MIB
    assert driver.code("Node", "NodeExpandVolume", volume_id="absent", volume_path=str(path)) == "NOT_FOUND"


def test_a_pod_moves_to_another_node_with_its_data(start_driver: Callable[[str], Driver]) -> None:
    """The pool is like storage on a network: each node's driver reaches every volume."""
    one, two = start_driver("one"), start_driver("two")
    volume_id = one.create_volume("moving").volume_id
    (one.publish(volume_id) / "file").write_text("data")
    assert two.code("Controller", "DeleteVolume", volume_id=volume_id) == "FAILED_PRECONDITION"
    one.unpublish(volume_id)
    path = two.publish(volume_id)
    assert (path / "file").read_text() == "data"
    assert two.call("Node", "NodeGetInfo").node_id == "two"


def test_a_pod_of_a_lost_node_starts_elsewhere(start_driver: Callable[[str], Driver]) -> None:
    """What the lost node had mounted stays mounted, and hinders only the deletion."""
    one, two = start_driver("one"), start_driver("two")
    volume_id = one.create_volume("lost").volume_id
    (one.publish(volume_id) / "file").write_text("data")
    one.kill()
    assert (two.publish(volume_id) / "file").read_text() == "data"
    two.unpublish(volume_id)
    assert two.code("Controller", "DeleteVolume", volume_id=volume_id) == "FAILED_PRECONDITION"
    one.restart()
    one.unpublish(volume_id)
    assert not is_mounted(one.target("pod"))
    assert two.code("Controller", "DeleteVolume", volume_id=volume_id) == "OK"


def test_calls_of_several_nodes_at_once_agree(start_driver: Callable[[str], Driver]) -> None:
    """One name gives one volume, whoever asks."""
    drivers = [start_driver("one"), start_driver("two")]
    names = [f"volume-{number % 4}" for number in range(16)]
    with ThreadPoolExecutor(8) as executor:
        made = list(
            executor.map(lambda pair: pair[1].create_volume(pair[0]), zip(names, drivers * 8, strict=True))
        )
    assert sorted({volume.volume_id for volume in made}) == sorted(set(names))
    assert {path.name for path in drivers[0].pool.volumes.iterdir()} == set(names)
