"""More than the group can stand: the majority goes, or everybody. It comes back by itself and with everything."""

import time

import pytest

from tests.e2e.faults.test_processes import WRITES, others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod
from tests.e2e.kit.writers import Writers


def test_all_pods_are_force_deleted_at_once(stage: Release, writers: Writers) -> None:
    """Servers and routers; the group starts again on the member that holds everything."""
    names = [pod["metadata"]["name"] for kind in ("server", "router") for pod in stage.pods(kind)]
    uuids = _uuids(stage)
    stage.kubectl("delete", "pod", *names, "--grace-period=0", "--force")
    writers.wait_for_more(WRITES)
    eventually(lambda: _uuids(stage) == uuids, "the same servers: nobody was cloned", 120)


def test_the_power_of_all_servers_fails_at_once(stage: Release, writers: Writers) -> None:
    """Three processes end in the same instant, with writes on the way."""
    uuids = _uuids(stage)
    faults.kill(*(faults.processes(stage, pod).mysqld() for pod in others(stage)))
    writers.wait_for_more(WRITES)
    eventually(lambda: _uuids(stage) == uuids, "the same servers: nobody was cloned", 120)


@pytest.mark.parametrize("blows", ["at once", "during the failover"])
def test_two_of_three_servers_are_killed(stage: Release, writers: Writers, blows: str) -> None:
    """The third leaves when it sees that they were restarted, and the three start a group again."""
    first = primary_pod(stage)
    victims = {pod: faults.processes(stage, pod).mysqld() for pod in others(stage)}
    faults.kill(victims.pop(first))
    if blows == "during the failover":
        writers.wait_for_more(1)
    second = next(iter(victims))
    faults.kill(victims[second])
    writers.wait_for_more(WRITES)


def test_all_servers_are_lost_one_after_the_other(stage: Release, writers: Writers) -> None:
    """The last one holds what the others have not; it is the one that starts the group."""
    mysqlds = [faults.processes(stage, pod).mysqld() for pod in others(stage)]
    for mysqld in mysqlds:
        faults.kill(mysqld)
        time.sleep(2.0)
    writers.wait_for_more(WRITES)


def _uuids(stage: Release) -> list[str]:
    return [stage.exec_sql(pod, "SELECT @@server_uuid") for pod in others(stage)]
