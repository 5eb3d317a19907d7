"""Disks are lost, full, slow or hung; Secrets are deleted."""

import time

import pytest

from tests.e2e.faults.test_processes import MAX_GAP_SECONDS, WRITES, others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod
from tests.e2e.kit.writers import CLIENTS, Writers

HUNG_SECONDS = 3.0
CLONE_FOLDER = "/var/lib/mysql/data/#clone"
"""There while a server receives a clone."""
BLOBS = 64
BLOCK = "CONCAT(" + ",".join(["RANDOM_BYTES(1024)"] * 16) + ")"


def test_a_lost_claim_is_cloned_even_when_the_clone_is_killed(stage: Release, writers: Writers) -> None:
    """The claim goes with its pod; the new server is killed while it receives the data, and is cloned again.

    No donor has all binary logs any more, so that only a clone will do.
    """
    victim = others(stage, primary_pod(stage))[0]
    uuid = stage.exec_sql(victim, "SELECT @@server_uuid")
    _fill(stage, primary_pod(stage))
    for pod in others(stage):
        stage.exec_sql(pod, "FLUSH BINARY LOGS; PURGE BINARY LOGS BEFORE NOW() + INTERVAL 1 HOUR")
    stage.kubectl("delete", "pvc", f"data-{victim}", "--wait=false")
    stage.kubectl("delete", "pod", victim)
    new = eventually(lambda: faults.processes(stage, victim), "the new pod", 60)
    eventually(lambda: new.server_sees(CLONE_FOLDER), "the clone", 120, pause_seconds=0.01)
    faults.kill(new.mysqld())
    eventually(
        lambda: stage.exec_sql(victim, "SELECT @@server_uuid") not in {"", uuid}, "another server", 120
    )


def test_the_primarys_disk_is_full_and_is_freed(stage: Release, writers: Writers) -> None:
    """Nothing is lost; writing goes on when there is space, on whichever member."""
    with faults.disk_full(stage, primary_pod(stage)):
        eventually(lambda: writers.quiet_seconds() > 3, "no more space for writes", 60)
    writers.wait_for_more(WRITES)


@pytest.mark.alone
def test_slow_and_hung_storage_is_waited_for(stage: Release, writers: Writers) -> None:
    """All volumes at once, in pulses and then for seconds; nobody is thrown out for it."""
    before, since = stage.identities(), time.monotonic()
    with faults.storage_slow():
        writers.wait_for_more(10 * CLIENTS)
    faults.storage_hung(HUNG_SECONDS)
    writers.wait_for_more(WRITES)
    assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    assert stage.identities() == before


def test_deleted_secrets_come_back(stage: Release, writers: Writers) -> None:
    """Whoever runs goes on with what it has. The internal passwords are put back from a pod, the rest by an upgrade."""
    before, internal = stage.identities(), stage.secret("mysql-internal")
    secrets = ("mysql-internal", "mysql-credentials", "mysql-tls", "mysql-router-tls", "mysql-ca")
    stage.kubectl("delete", "secret", *secrets)
    writers.wait_for_more(WRITES)
    refused = stage.upgrade("--reuse-values", check=False)
    assert refused.returncode != 0
    assert "Secret mysql-internal of the running cluster was deleted" in refused.stdout + refused.stderr
    mounted = {key: _mounted(stage, key) for key in internal}
    assert mounted == internal
    stage.kubectl(
        *("create", "secret", "generic", "mysql-internal"),
        *(f"--from-literal={key}={value}" for key, value in mounted.items()),
    )
    stage.upgrade("--reuse-values")
    writers.wait_for_more(WRITES)
    assert stage.identities() == before
    stage.test()


def _fill(stage: Release, primary: str) -> None:
    """Make the data large enough for a clone to be caught at it."""
    blobs = f"INSERT INTO load_test.blobs (data) VALUES (REPEAT({BLOCK}, 64)); "
    table = "CREATE TABLE load_test.blobs (id INT AUTO_INCREMENT PRIMARY KEY, data LONGBLOB); "
    stage.exec_sql(primary, table + blobs * BLOBS)


def _mounted(stage: Release, key: str) -> str:
    holder = "deployment/mysql-router" if key == "restPassword" else "mysql-0"
    path = f"/etc/innodb-cluster/internal/{key}"
    return stage.kubectl("exec", holder, "-c", "agent", "--", "cat", path)
