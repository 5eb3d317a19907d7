"""A driver process: how it finds its kubelet, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc

from ci.csi import protos
from tests.contract.csi.drivers import DEADLINE_SECONDS, Driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ci.csi.pool import Pool


def notify(driver: Driver, *, registered: bool) -> None:
    """Answer the driver as its kubelet does after it has looked at it."""
    protocols = protos.load()
    with grpc.insecure_channel(f"unix:{driver.registration_socket}") as channel:
        stub = protocols.registration_grpc.RegistrationStub(channel)
        information = stub.GetInfo(protocols.registration.InfoRequest(), timeout=DEADLINE_SECONDS)
        assert (information.type, information.name) == ("CSIPlugin", "btrfs.csi.local")
        assert information.endpoint == str(driver.socket)
        assert list(information.supported_versions) == ["1.0.0"]
        status = protocols.registration.RegistrationStatus(plugin_registered=registered, error="")
        stub.NotifyRegistrationStatus(status, timeout=DEADLINE_SECONDS)


def test_a_registered_driver_goes_on(start_driver: Callable[[str], Driver]) -> None:
    """Until it is told to stop; then its sockets go, so that no kubelet calls nobody."""
    driver = start_driver("one")
    notify(driver, registered=True)
    assert driver.code("Identity", "Probe") == "OK"
    assert driver.stop() == 0
    assert not driver.socket.exists()
    assert not driver.registration_socket.exists()


def test_a_refused_driver_ends_to_be_started_again(start_driver: Callable[[str], Driver]) -> None:
    """With the status that says so."""
    driver = start_driver("one")
    notify(driver, registered=False)
    assert driver.wait() == 75


def test_a_second_driver_of_a_node_leaves_the_first_alone(start_driver: Callable[[str], Driver]) -> None:
    """A supervisor that was too quick is told to try again."""
    first = start_driver("one")
    second = Driver(first.pool, first.kubelet_root, "one")
    second.start()
    assert second.wait() == 75
    assert first.code("Identity", "Probe") == "OK"


def test_a_driver_starts_over_the_sockets_of_a_killed_one(start_driver: Callable[[str], Driver]) -> None:
    """They are still there as files."""
    driver = start_driver("one")
    driver.kill()
    assert driver.socket.exists()
    driver.restart()
    assert driver.code("Identity", "Probe") == "OK"


def test_a_driver_whose_pool_is_gone_is_not_ready(start_driver: Callable[[str], Driver]) -> None:
    """Nothing may be written to the folder below the mount."""
    driver = start_driver("one")
    driver.pool.destroy()
    assert driver.code("Identity", "Probe") == "FAILED_PRECONDITION"
    volume = {"volume_id": "any"}
    assert driver.code("Controller", "DeleteVolume", **volume) != "OK"


def test_a_path_too_long_for_a_socket_is_an_error_of_configuration(folder: Path, pool: Pool) -> None:
    """The kernel's own message would not say why."""
    driver = Driver(pool, folder / ("long" * 20))
    driver.start()
    assert driver.wait() == 64
    assert "107 bytes" in driver.log()
