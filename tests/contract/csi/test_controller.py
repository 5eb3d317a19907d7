"""The Controller service: volumes and snapshots are made, found again, grown and deleted."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from ci.csi.model import GIB, MIB
from tests.contract.csi.drivers import Driver, capability, creation, from_snapshot, from_volume

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file of a volume."""
    (path / "file").write_text(text)


def read(path: Path) -> str:
    """What is in the file."""
    return (path / "file").read_text()


def test_a_volume_has_the_asked_size_and_is_found_again_by_its_name(driver: Driver) -> None:
    """A repeated call gives the same volume."""
    first = driver.create_volume("found-again", 100 * MIB)
    assert first.capacity_bytes == 100 * MIB
    assert driver.create_volume("found-again", 100 * MIB) == first


def test_a_name_with_another_size_or_source_is_taken(driver: Driver) -> None:
    """The caller must not get what it did not ask for."""
    driver.create_volume("taken", 64 * MIB)
    other = driver.create_volume("taken-other")
    assert driver.code("Controller", "CreateVolume", **creation("taken", 128 * MIB)) == "ALREADY_EXISTS"
    limited = creation("taken", capacity_range={"limit_bytes": 32 * MIB})
    assert driver.code("Controller", "CreateVolume", **limited) == "ALREADY_EXISTS"
    sourced = creation("taken", source=from_volume(other.volume_id))
    assert driver.code("Controller", "CreateVolume", **sourced) == "ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (creation(""), "INVALID_ARGUMENT"),
        (creation("x", volume_capabilities=[]), "INVALID_ARGUMENT"),
        (creation("x", volume_capabilities=[capability("MULTI_NODE_MULTI_WRITER")]), "INVALID_ARGUMENT"),
        (
            creation("x", volume_capabilities=[{"block": {}, "access_mode": {"mode": "SINGLE_NODE_WRITER"}}]),
            "INVALID_ARGUMENT",
        ),
        (creation("x", volume_capabilities=[capability(fs_type="ext4")]), "INVALID_ARGUMENT"),
        (creation("x", parameters={"compression": "zstd"}), "INVALID_ARGUMENT"),
        (creation("x", source={}), "INVALID_ARGUMENT"),
        (creation("x", source=from_snapshot("absent")), "NOT_FOUND"),
        (creation("x", source=from_volume("../absent")), "NOT_FOUND"),
        (creation("x", capacity_range={"required_bytes": 2, "limit_bytes": 1}), "OUT_OF_RANGE"),
        (creation("x", 100 * GIB), "OUT_OF_RANGE"),
        (creation("x", 2 * GIB - MIB), "RESOURCE_EXHAUSTED"),
    ],
)
def test_a_volume_that_cannot_be_is_refused_with_the_reason(
    driver: Driver,
    fields: dict[str, Any],
    code: str,
) -> None:
    """By the codes of the CSI specification, and nothing is left of it."""
    assert driver.code("Controller", "CreateVolume", **fields) == code
    assert not (driver.pool.volumes / "x").exists()


def test_what_csi_provisioner_adds_is_no_unknown_parameter(driver: Driver) -> None:
    """With --extra-create-metadata it names the claim."""
    fields = creation("metadata", parameters={"csi.storage.k8s.io/pvc/name": "data"})
    assert driver.code("Controller", "CreateVolume", **fields) == "OK"


def test_a_deleted_volume_is_gone_and_deleting_it_again_is_fine(driver: Driver) -> None:
    """Also one that never was."""
    volume = driver.create_volume("deleted")
    driver.delete_volume(volume.volume_id)
    driver.delete_volume(volume.volume_id)
    driver.delete_volume("../never")
    assert not (driver.pool.volumes / volume.volume_id).exists()


def test_a_mounted_volume_is_not_deleted(driver: Driver) -> None:
    """Its pod would lose its data."""
    volume = driver.create_volume("mounted")
    path = driver.publish(volume.volume_id, "mounted")
    write(path, "kept")
    assert driver.code("Controller", "DeleteVolume", volume_id=volume.volume_id) == "FAILED_PRECONDITION"
    assert read(path) == "kept"
    driver.unpublish(volume.volume_id, "mounted")
    assert driver.code("Controller", "DeleteVolume", volume_id=volume.volume_id) == "OK"


def test_a_snapshot_keeps_what_the_volume_changes_afterwards(driver: Driver) -> None:
    """And a volume from it has that, with its own changes."""
    volume = driver.create_volume("changing")
    path = driver.publish(volume.volume_id, "changing")
    write(path, "before")
    snapshot = driver.create_snapshot("of-changing", volume.volume_id)
    write(path, "after")
    assert snapshot.ready_to_use
    assert snapshot.size_bytes == volume.capacity_bytes
    restored = driver.create_volume("restored", source=from_snapshot(snapshot.snapshot_id))
    restored_path = driver.publish(restored.volume_id, "restored")
    assert restored.content_source.snapshot.snapshot_id == snapshot.snapshot_id
    assert read(restored_path) == "before"
    write(restored_path, "own")
    again = driver.create_volume("restored-again", source=from_snapshot(snapshot.snapshot_id))
    assert read(driver.publish(again.volume_id, "restored-again")) == "before"
    assert read(path) == "after"


def test_snapshots_and_volumes_outlive_what_they_were_made_from(driver: Driver) -> None:
    """Deleting a source takes nothing from others."""
    volume = driver.create_volume("source")
    write(driver.publish(volume.volume_id, "source"), "kept")
    driver.unpublish(volume.volume_id, "source")
    snapshot = driver.create_snapshot("of-source", volume.volume_id)
    driver.delete_volume(volume.volume_id)
    restored = driver.create_volume("from-source", source=from_snapshot(snapshot.snapshot_id))
    driver.call("Controller", "DeleteSnapshot", snapshot_id=snapshot.snapshot_id)
    driver.call("Controller", "DeleteSnapshot", snapshot_id=snapshot.snapshot_id)
    assert read(driver.publish(restored.volume_id, "from-source")) == "kept"


def test_a_clone_starts_with_the_volumes_content(driver: Driver) -> None:
    """Also while the volume is in use."""
    volume = driver.create_volume("cloned")
    write(driver.publish(volume.volume_id, "cloned"), "content")
    clone = driver.create_volume("clone", source=from_volume(volume.volume_id))
    assert clone.content_source.volume.volume_id == volume.volume_id
    assert read(driver.publish(clone.volume_id, "clone")) == "content"


def test_a_copy_needs_no_room_for_what_it_shares(driver: Driver) -> None:
    """It is refused for no size that its source has already."""
    source = driver.create_volume("sharing", 1200 * MIB)
    path = driver.publish(source.volume_id, "sharing")
    with (path / "data").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 900 * MIB)
        os.fsync(file.fileno())
    assert driver.code("Controller", "CreateVolume", **creation("x", 1200 * MIB)) == "RESOURCE_EXHAUSTED"
    copy = driver.create_volume("shared", 1200 * MIB, source=from_volume(source.volume_id))
    assert copy.capacity_bytes == 1200 * MIB
    driver.delete_volume(copy.volume_id)
    driver.unpublish(source.volume_id, "sharing")
    driver.delete_volume(source.volume_id)


def test_a_volume_is_at_least_as_large_as_its_source(driver: Driver) -> None:
    """Less would not hold the content."""
    volume = driver.create_volume("large-source", 128 * MIB)
    small = creation("small", 32 * MIB, source=from_volume(volume.volume_id))
    assert driver.call("Controller", "CreateVolume", **small).volume.capacity_bytes == 128 * MIB
    limited = creation(
        "limited",
        capacity_range={"limit_bytes": 64 * MIB},
        source=from_volume(volume.volume_id),
    )
    assert driver.code("Controller", "CreateVolume", **limited) == "OUT_OF_RANGE"


def test_a_snapshot_is_found_again_by_its_name(driver: Driver) -> None:
    """A repeated call gives the same snapshot; the name of another volume's is taken."""
    volume = driver.create_volume("snapshotted")
    other = driver.create_volume("snapshotted-other")
    first = driver.create_snapshot("same", volume.volume_id)
    assert driver.create_snapshot("same", volume.volume_id) == first
    taken = {"name": "same", "source_volume_id": other.volume_id}
    assert driver.code("Controller", "CreateSnapshot", **taken) == "ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": "x", "source_volume_id": "absent"}, "NOT_FOUND"),
        ({"name": "", "source_volume_id": "absent"}, "INVALID_ARGUMENT"),
        ({"name": "x", "source_volume_id": ""}, "INVALID_ARGUMENT"),
    ],
)
def test_a_snapshot_of_nothing_is_refused(driver: Driver, fields: dict[str, str], code: str) -> None:
    """By the codes of the CSI specification."""
    assert driver.code("Controller", "CreateSnapshot", **fields) == code


def test_the_order_of_writes_is_kept_in_a_snapshot(driver: Driver) -> None:
    """A database recovers from a snapshot only if no write is in it without the synced writes before it."""
    volume = driver.create_volume("ordered")
    path = driver.publish(volume.volume_id, "ordered")
    first, second = path / "first", path / "second"
    for start in (first, second):
        start.write_text("00000000")
    stop, written = threading.Event(), threading.Event()

    def keep_writing() -> None:
        with first.open("rb+", buffering=0) as one, second.open("rb+", buffering=0) as two:
            number = 0
            while not stop.is_set():
                number += 1
                for file in (one, two):
                    file.seek(0)
                    file.write(b"%08d" % number)
                    os.fsync(file.fileno())
                if number > 100:
                    written.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert written.wait(timeout=30)  # so both files have been synced
        snapshots = [driver.create_snapshot(f"ordered-{number}", volume.volume_id) for number in range(5)]
    finally:
        stop.set()
        writer.join()
    for snapshot in snapshots:
        image = driver.pool.snapshots / snapshot.snapshot_id
        ahead = int((image / "first").read_text()) - int((image / "second").read_text())
        assert ahead in {0, 1}


def test_a_volume_grows_and_never_shrinks(driver: Driver) -> None:
    """While it is in use, with nothing left to do on a node."""
    volume = driver.create_volume("growing", 64 * MIB)
    expand = {"volume_id": volume.volume_id, "capacity_range": {"required_bytes": 96 * MIB}}
    for _ in range(2):
        response = driver.call("Controller", "ControllerExpandVolume", **expand)
        assert response.capacity_bytes == 96 * MIB
        assert not response.node_expansion_required
    smaller = {"volume_id": volume.volume_id, "capacity_range": {"required_bytes": 32 * MIB}}
    assert driver.call("Controller", "ControllerExpandVolume", **smaller).capacity_bytes == 96 * MIB


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"volume_id": "absent", "capacity_range": {"required_bytes": MIB}}, "NOT_FOUND"),
        ({"volume_id": "bounds"}, "INVALID_ARGUMENT"),
        ({"volume_id": "bounds", "capacity_range": {"limit_bytes": MIB}}, "OUT_OF_RANGE"),
        ({"volume_id": "bounds", "capacity_range": {"required_bytes": 100 * GIB}}, "OUT_OF_RANGE"),
    ],
)
def test_a_size_that_cannot_be_is_refused(driver: Driver, fields: dict[str, Any], code: str) -> None:
    """By the codes of the CSI specification."""
    driver.create_volume("bounds")
    assert driver.code("Controller", "ControllerExpandVolume", **fields) == code


def test_capabilities_are_confirmed_only_as_far_as_they_are_offered(driver: Driver) -> None:
    """For a volume that exists."""
    volume_id = driver.create_volume("validated").volume_id

    def validate(mode: str) -> Any:
        capabilities = [capability(mode)]
        return driver.call(
            "Controller",
            "ValidateVolumeCapabilities",
            volume_id=volume_id,
            volume_capabilities=capabilities,
        )

    assert validate("SINGLE_NODE_MULTI_WRITER").HasField("confirmed")
    assert not validate("MULTI_NODE_READER_ONLY").HasField("confirmed")
    absent = {"volume_id": "absent", "volume_capabilities": [capability()]}
    assert driver.code("Controller", "ValidateVolumeCapabilities", **absent) == "NOT_FOUND"


def test_what_is_not_offered_is_unimplemented(driver: Driver) -> None:
    """There is nothing to attach or to stage."""
    assert driver.code("Controller", "ControllerPublishVolume") == "UNIMPLEMENTED"
    assert driver.code("Node", "NodeStageVolume") == "UNIMPLEMENTED"


def test_the_driver_says_who_it_is_and_that_it_is_ready(driver: Driver) -> None:
    """The sidecars ask first."""
    assert driver.call("Identity", "GetPluginInfo").name == "btrfs.csi.local"
    assert driver.call("Identity", "Probe").ready.value
    assert len(driver.call("Identity", "GetPluginCapabilities").capabilities) == 2
    assert len(driver.call("Controller", "ControllerGetCapabilities").capabilities) == 5
