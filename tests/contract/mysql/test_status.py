"""The status of a real group."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from innodb_cluster.decide.status_document import exit_status
from innodb_cluster.decide.status_table import status_table
from innodb_cluster.effects.mysql import metadata
from innodb_cluster.jobs.status import document_of
from innodb_cluster.model.metadata import RouterRow
from innodb_cluster.model.status import ExitStatus
from tests.contract.mysql.servers import CLUSTER_ID, GROUP_NAME, Server, join_group, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.mysql

MAX_SECONDS = 5.0
"""A healthy group answers in a tenth of that; the machine may be busy."""


def document(group: list[Server]) -> dict[str, Any]:
    """The status document, asked over TLS."""
    return document_of("db", tuple(s.address for s in group), {s.address: s.admin for s in group})


def member(group: list[Server], ordinal: int) -> dict[str, Any]:
    """One member's part of the document."""
    found: dict[str, Any] = document(group)["defaultReplicaSet"]["topology"][group[ordinal].address]
    return found


@pytest.fixture
def lacking(group: list[Server]) -> Iterator[list[Server]]:
    """Give the group, and bring its last member back afterwards."""
    yield group
    if group[2].process is None:
        group[2].start()
    join_group(group[2])
    wait_whole(group)


def test_a_healthy_group_is_ok(group: list[Server]) -> None:
    """Every word of the document comes from the servers."""
    began = time.monotonic()
    seen = document(group)
    assert time.monotonic() - began < MAX_SECONDS
    cluster = seen["defaultReplicaSet"]
    assert exit_status(seen) is ExitStatus.OK
    assert (cluster["status"], cluster["ssl"], cluster["topologyMode"]) == (
        "OK",
        "REQUIRED",
        "Single-Primary",
    )
    assert cluster["primary"] == seen["groupInformationSourceMember"] == group[0].address
    members = list(cluster["topology"].values())
    assert [m["mode"] for m in members] == ["R/W", "R/O", "R/O"]
    assert {m["status"] for m in members} == {"ONLINE"}
    assert {m["replicationLag"] for m in members} == {"applier_queue_applied"}
    assert all(m["version"].startswith("9.7.") and "-" not in m["version"] for m in members)
    assert not any("instanceErrors" in m for m in members)


def test_a_member_that_left_is_missing_and_a_server_that_is_down_holds_nobody_up(
    lacking: list[Server],
) -> None:
    """The others serve on, with nothing left to lose; why the last one is away is told."""
    with lacking[2].root(read_seconds=60) as session:
        session.execute("STOP GROUP_REPLICATION")
    seen = document(lacking)
    assert seen["defaultReplicaSet"]["status"] == "OK_NO_TOLERANCE_PARTIAL"
    assert exit_status(seen) is ExitStatus.DEGRADED
    left = seen["defaultReplicaSet"]["topology"][lacking[2].address]
    assert (left["status"], left["memberState"], left["mode"]) == ("(MISSING)", "OFFLINE", "n/a")
    assert left["instanceErrors"] == ["NOTE: Group Replication is stopped."]
    lacking[2].kill()
    began = time.monotonic()
    seen = document(lacking)
    assert time.monotonic() - began < MAX_SECONDS
    down = seen["defaultReplicaSet"]["topology"][lacking[2].address]
    assert (down["status"], down["mode"], down["replicationLag"]) == ("(MISSING)", "n/a", None)
    assert "no answer" in down["shellConnectError"]
    assert f"{lacking[2].address}: not heard from" in status_table(seen)


def test_in_multi_primary_mode_every_member_takes_writes(group: list[Server]) -> None:
    """Also those to the metadata."""
    with group[0].root(read_seconds=60) as session:
        uuid = session.query("SELECT @@GLOBAL.server_uuid AS u")[0]["u"]
        session.query("SELECT group_replication_switch_to_multi_primary_mode()")
        try:
            cluster = document(group)["defaultReplicaSet"]
            with group[1].root() as other:
                metadata.ensure_schema(other)
                metadata.ensure_cluster_row(other, CLUSTER_ID, "db", GROUP_NAME, "mm")
                metadata.ensure_router_row(other, CLUSTER_ID, RouterRow(1, "db-router-1"))
                other.execute(
                    "INSERT INTO mysql_innodb_cluster_metadata.router_stats (router_id, last_check_in) VALUES (1, NOW())"
                )
                metadata.remove_router_row(other, 1)
        finally:
            session.query("SELECT group_replication_switch_to_single_primary_mode(%s)", (uuid,))
    assert cluster["topologyMode"] == "Multi-Primary"
    assert "primary" not in cluster
    assert [member["mode"] for member in cluster["topology"].values()] == ["R/W"] * 3
    assert document(group)["defaultReplicaSet"]["primary"] == group[0].address


def test_a_lagging_member_tells_its_lag(group: list[Server]) -> None:
    """The age of the oldest transaction that it still applies."""
    with group[1].root() as blocker, group[0].root() as writer:
        writer.execute("CREATE DATABASE lag_of_a_test")
        writer.execute("CREATE TABLE lag_of_a_test.t (id INT PRIMARY KEY)")
        executed = writer.query("SELECT @@GLOBAL.gtid_executed AS g")[0]["g"]
        blocker.query("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 20)", (executed,))
        blocker.execute("FLUSH TABLES WITH READ LOCK")
        try:
            writer.execute("INSERT INTO lag_of_a_test.t VALUES (1)")
            deadline = time.monotonic() + 10
            while (lag := member(group, 1)["replicationLag"]) == "applier_queue_applied":
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert lag.startswith("00:00:")
        finally:
            blocker.execute("UNLOCK TABLES")
            writer.execute("DROP DATABASE lag_of_a_test")
