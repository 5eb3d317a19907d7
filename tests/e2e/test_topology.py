"""Topology mode and primary, changed by `helm upgrade` on a cluster that clients use."""

import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial

import mysql.connector
import pytest
from mysql.connector.abstracts import MySQLConnectionAbstract

from tests.e2e.kit.ledger import writing
from tests.e2e.kit.reader import reading
from tests.e2e.kit.release import PASSWORD, Release
from tests.e2e.kit.shell import CHART, eventually, run

SINGLE, MULTI = "Single-Primary", "Multi-Primary"
TO_SINGLE = ("--set", "topology.mode=single-primary")
TO_MULTI = ("--set", "topology.mode=multi-primary")
READ_GAP_SECONDS = 2.0
CONFLICT_ERRORS = {3101, 1213, 1180}
"""Rolled back by certification; ended because the other's transaction was applied first; error during COMMIT."""
ROUNDS = 10


@pytest.fixture(scope="module")
def release() -> Iterator[Release]:
    """One release for all that is tried here, installed with the primary that its values name."""
    made = Release("topo", "topology")
    made.delete_namespace()
    made.make_namespace()
    made.install("--set", "topology.primary=topo-1")
    yield made
    made.delete_namespace()


def mode(release: Release) -> str:
    """Give the mode that the group runs in."""
    return str(replica_set(release)["topologyMode"])


def primary(release: Release) -> str:
    """Name the primary's pod."""
    return str(replica_set(release)["primary"]).partition(".")[0]


def replica_set(release: Release) -> dict[str, object]:
    """Give the part of the status document about the group, when it is whole."""

    def whole() -> dict[str, object] | None:
        code, document = release.status()
        return document["defaultReplicaSet"] if code == 0 else None

    found = eventually(whole, "the status is OK")
    assert found is not None
    return found


def record(release: Release) -> dict[str, str]:
    """Read what was last applied."""
    data: dict[str, str] = release.get("configmap", "topo-state")["data"]
    return data


def test_the_primary_asked_for_is_the_primary_from_the_start(release: Release) -> None:
    """Without a switchover."""
    assert primary(release) == "topo-1"
    assert record(release)["topologyPrimary"] == "topo-1"


def test_tables_that_multi_primary_mode_cannot_serve_are_refused_by_name(release: Release) -> None:
    """Nothing of the group is changed."""
    release.query("CREATE DATABASE shop")
    release.query("CREATE TABLE shop.log (line TEXT)")
    release.query("CREATE TABLE shop.orders (id INT PRIMARY KEY)")
    release.query(
        "CREATE TABLE shop.items (id INT PRIMARY KEY, orders INT,"
        " FOREIGN KEY (orders) REFERENCES shop.orders (id) ON DELETE CASCADE)"
    )
    done = release.upgrade(*TO_MULTI, check=False)
    printed = done.stdout + done.stderr
    assert done.returncode != 0
    assert "shop.log has no primary key" in printed
    assert "shop.items has a foreign key that cascades" in printed
    assert "topology.allowForeignKeyCascades=true" in printed
    assert mode(release) == SINGLE
    assert release.exec_sql("topo-0", "SELECT @@auto_increment_increment") == "1"
    release.query("DROP TABLE shop.log")


def test_the_group_becomes_multi_primary_under_load_and_reads_go_on(release: Release) -> None:
    """Every member takes writes and counts apart, routers and labels follow, no pod is restarted."""
    before = release.identities()
    with writing(release), reading(release) as reader:
        release.upgrade(*TO_MULTI, "--set", "topology.allowForeignKeyCascades=true")
    assert reader.errors == []
    assert reader.longest_gap_seconds() < READ_GAP_SECONDS
    assert mode(release) == MULTI
    assert release.identities() == before
    assert len({release.exec_sql(f"topo-{n}", "SELECT @@auto_increment_offset") for n in range(3)}) == 3
    assert release.query("SELECT primary_mode FROM mysql_innodb_cluster_metadata.clusters") == [("mm",)]
    assert record(release)["topologyMode"] == "multi-primary"
    release.test()
    labels = "{.items[*].metadata.labels.innodb-cluster\\.mysql/role}"
    selector = "app.kubernetes.io/component=server"
    eventually(
        lambda: (
            release.kubectl("get", "pods", "-l", selector, "-o", f"jsonpath={labels}").split()
            == ["primary"] * 3
        ),
        "every server is labelled a primary",
    )


def test_of_two_clients_that_conflict_the_first_to_commit_wins(release: Release) -> None:
    """The other gets an error, and nothing of what it did is there."""
    in_mode(release, MULTI)
    release.query("CREATE DATABASE IF NOT EXISTS contest")
    release.query("CREATE TABLE contest.prize (id INT PRIMARY KEY, winner INT, round INT)")
    release.query("CREATE TABLE contest.claims (client INT, round INT, PRIMARY KEY (client, round))")
    release.query("INSERT INTO contest.prize VALUES (1, 0, -1)")
    clients = [connect_to(release, f"{release.name}-{n}") for n in (0, 2)]
    winners = []
    for number in range(ROUNDS):
        wait_for_round(clients, number - 1)
        errors = compete(clients, number)
        assert sorted(error is None for error in errors) == [False, True], errors
        assert {error for error in errors if error} <= CONFLICT_ERRORS
        winners.append(errors.index(None))
    wait_for_round(clients, ROUNDS - 1)
    for client in clients:
        assert rows(client, "SELECT winner FROM contest.prize") == [(winners[-1],)]
        assert rows(client, "SELECT client FROM contest.claims ORDER BY round") == [(w,) for w in winners]


def wait_for_round(clients: list[MySQLConnectionAbstract], number: int) -> None:
    """Wait until every client's member has this round's winner."""
    for client in clients:
        eventually(partial(has_round, client, number), f"round {number} is everywhere", pause_seconds=0.02)


def has_round(client: MySQLConnectionAbstract, number: int) -> bool:
    """Whether this client's member has this round's winner."""
    return rows(client, "SELECT round FROM contest.prize") == [(number,)]


def rows(client: MySQLConnectionAbstract, statement: str) -> list[tuple[object, ...]]:
    """Ask one member."""
    cursor = client.cursor()
    cursor.execute(statement)
    return [tuple(row) for row in cursor.fetchall()]  # type: ignore[arg-type] - no dictionaries were asked for


def compete(clients: list[MySQLConnectionAbstract], number: int) -> list[int | None]:
    """Let clients change one row side by side and commit at once; give the error number of each."""
    errors: list[int | None] = [None] * len(clients)
    everybody = threading.Barrier(len(clients))

    def claim(index: int) -> None:
        cursor = clients[index].cursor()
        try:
            cursor.execute("START TRANSACTION")
            cursor.execute("INSERT INTO contest.claims VALUES (%s, %s)", (index, number))
            cursor.execute("UPDATE contest.prize SET winner = %s, round = %s WHERE id = 1", (index, number))
            everybody.wait(timeout=30)
            cursor.execute("COMMIT")
        except mysql.connector.Error as error:
            errors[index] = error.errno
            cursor.execute("ROLLBACK")

    threads = [threading.Thread(target=claim, args=(index,)) for index in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return errors


def connect_to(release: Release, pod: str) -> MySQLConnectionAbstract:
    """Connect to one server, past the routers."""
    address = release.get("pod", pod)["status"]["podIP"]
    connection = mysql.connector.connect(
        host=address,
        user="root",
        password=PASSWORD,
        autocommit=True,
        connection_timeout=5,
        read_timeout=30,
        write_timeout=30,
    )
    assert isinstance(connection, MySQLConnectionAbstract)
    return connection


def in_mode(release: Release, wanted: str) -> None:
    """Bring the group into a mode, if it is not."""
    if mode(release) != wanted:
        release.upgrade(
            *(TO_MULTI if wanted == MULTI else TO_SINGLE), "--set", "topology.allowForeignKeyCascades=true"
        )


def test_the_way_back_survives_the_death_of_its_job(release: Release) -> None:
    """Killed when it has asked for the switch; the next pod of the Job finds what is left to do."""
    in_mode(release, MULTI)
    killer = threading.Thread(target=kill_job_when_it_switches, args=(release,))
    with writing(release), reading(release) as reader:
        killer.start()
        release.upgrade(*TO_SINGLE, "--set", "topology.primary=topo-2")
        killer.join(timeout=60)
    assert reader.errors == []
    assert reader.longest_gap_seconds() < READ_GAP_SECONDS
    assert (mode(release), primary(release)) == (SINGLE, "topo-2")
    assert {release.exec_sql(f"topo-{n}", "SELECT @@auto_increment_increment") for n in range(3)} == {"1"}
    assert record(release)["topologyPrimary"] == "topo-2"


def kill_job_when_it_switches(release: Release) -> None:
    """Delete the Job's running pod at once when its log says that it switches."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        running = ("--field-selector", "status.phase=Running", "--selector", "job-name=topo-converge")
        for name in release.kubectl("get", "pods", *running, "-o", "name", check=False).split():
            if "SwitchMode" in release.kubectl("logs", name, check=False):
                release.kubectl("delete", name, "--grace-period=0", "--force", "--wait=false", check=False)
                return
        time.sleep(0.05)


def test_a_switchover_moves_the_primary_once_and_a_failover_stays(release: Release) -> None:
    """The value was applied: an upgrade about something else moves nothing."""
    in_mode(release, SINGLE)
    with writing(release) as ledger:
        release.upgrade("--set", "topology.primary=topo-0")
        assert primary(release) == "topo-0"
        assert record(release)["topologyPrimary"] == "topo-0"
        kill = "kill -KILL $(< /var/run/mysqld/mysqld.pid)"
        killed = release.execute("topo-0", "mysql", "bash", "-c", kill)
        assert killed.returncode == 0, killed.stderr
        elected = eventually(
            lambda: primary(release) not in {"topo-0", ""} and primary(release), "a failover"
        )
        ledger.wait_for_more()
        release.upgrade("--set", "topology.primary=topo-0,service.annotations.about=something-else")
        assert primary(release) == elected


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("topology.mode=many-primary",), "topology"),
        (("topology.primary=topo-9",), "topo-9"),
        (("topology.primary=topo-0,topology.mode=multi-primary",), "topology.primary"),
    ],
)
def test_what_cannot_be_is_refused_before_anything(
    release: Release, arguments: tuple[str, ...], reason: str
) -> None:
    """No hook runs."""
    before = release.get("configmap", "topo-settings")["data"]
    done: subprocess.CompletedProcess[str] = release.upgrade("--set", *arguments, check=False)
    assert done.returncode != 0
    assert reason in done.stdout + done.stderr
    assert release.get("configmap", "topo-settings")["data"] == before


def test_a_switch_by_sql_lasts_until_an_upgrade_names_another_mode(release: Release) -> None:
    """Agents take it over; without a mode in the values an upgrade does too."""
    in_mode(release, SINGLE)
    release.exec_sql("topo-0", "SELECT group_replication_switch_to_multi_primary_mode()")
    eventually(lambda: record(release)["topologyMode"] == "multi-primary", "the record knows the mode")
    eventually(
        lambda: len({release.exec_sql(f"topo-{n}", "SELECT @@auto_increment_offset") for n in range(3)}) == 3,
        "agents keep the primaries' numbers apart",
    )
    release.upgrade("--set", "topology.mode=")
    assert mode(release) == MULTI
    explained = release.command("topo-0", "explain")
    assert explained.returncode == 0, explained.stderr
    assert "topology.mode left alone" in explained.stdout
    rendered = run(
        *(release.helm, "template", release.name, str(CHART), "--namespace", release.namespace, *TO_SINGLE)
    ).stdout
    told = run(
        *("kubectl", "--namespace", release.namespace, "exec", "-i", "topo-0", "-c", "agent", "--"),
        *("innodb-cluster", "explain", "--manifest", "-"),
        stdin=rendered,
    ).stdout
    assert "because   topology.mode asks for single-primary" in told
    assert mode(release) == MULTI
    release.upgrade(*TO_SINGLE)
    assert mode(release) == SINGLE
