"""Members come back by themselves, and no acknowledged write is lost."""

from innodb_cluster.decide.cloning import MANY_TRANSACTIONS
from tests.e2e.kit.ledger import writing
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, whole


def test_a_deleted_primary_comes_back_and_writes_go_on(shared: Release) -> None:
    """Failover, then the old primary rejoins as a secondary."""
    old = primary_pod(shared)
    with writing(shared) as ledger:
        shared.kubectl("delete", "pod", old, "--grace-period=0", "--force")
        ledger.wait_for_more()
        eventually(lambda: whole(shared), "three members again", 240)
    assert primary_pod(shared) != old


def test_a_member_that_lost_its_disk_is_cloned(shared: Release) -> None:
    """The claim goes with the pod; an empty volume joins the group, without the group's history."""
    _write_history(shared, MANY_TRANSACTIONS)
    victim = next(pod for pod in ("mysql-2", "mysql-1") if pod != primary_pod(shared))
    uuid = shared.exec_sql(victim, "SELECT @@server_uuid")
    with writing(shared):
        shared.kubectl("delete", "pvc", f"data-{victim}", "--wait=false")
        shared.kubectl("delete", "pod", victim)
        eventually(lambda: whole(shared), "three members again", 300)
    assert shared.exec_sql(victim, "SELECT @@server_uuid") != uuid
    assert shared.exec_sql(victim, "SELECT state FROM performance_schema.clone_status") == "Completed"
    shared.test()


def test_a_complete_outage_ends_by_itself(shared: Release) -> None:
    """All server pods at once; the same data, one group, nothing lost."""
    with writing(shared) as ledger:
        shared.kubectl(
            *("delete", "pod", "mysql-0", "mysql-1", "mysql-2", "--grace-period=0", "--force"),
        )
        eventually(lambda: whole(shared), "three members again", 300)
        ledger.wait_for_more()
    shared.test()


def _write_history(release: Release, transactions: int) -> None:
    """Commit so many, all of which stand in the binary logs."""
    connection = release.connect(read_seconds=180)
    cursor = connection.cursor()
    cursor.execute("CREATE DATABASE history")
    cursor.execute("CREATE TABLE history.entries (id INT AUTO_INCREMENT PRIMARY KEY)")
    cursor.execute(
        "CREATE PROCEDURE history.fill(IN count INT) BEGIN WHILE count > 0 DO "
        "INSERT INTO history.entries VALUES (); SET count = count - 1; END WHILE; END"
    )
    cursor.execute("CALL history.fill(%s)", (transactions,))
    cursor.execute("DROP DATABASE history")
    connection.close()
