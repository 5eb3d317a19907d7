"""Processes end or stand still: servers, agents, the Kubernetes API."""

import itertools
import time

import pytest

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_until_whole
from tests.e2e.kit.writers import Writers

MAX_GAP_SECONDS = 15.0
"""Twice what a failover takes: benches measure, tests tell a failover from something worse."""
ENDING_SECONDS = 30
"""Twice what a pod takes to end under load; with writes that hold mysqld up it is a minute."""
WRITES = 100


def others(stage: Release, *pods: str) -> list[str]:
    """Name the other server pods."""
    return [name for pod in stage.pods("server") if (name := pod["metadata"]["name"]) not in pods]


def test_whoever_is_primary_is_killed_three_times(stage: Release, writers: Writers) -> None:
    """Each time another member goes on, and the killed one comes back before the next blow."""
    killed = []
    for _ in range(3):
        wait_until_whole(stage)
        killed.append(primary_pod(stage))
        since = time.monotonic()
        faults.kill(faults.processes(stage, killed[-1]).mysqld())
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    assert all(before != after for before, after in itertools.pairwise(killed))


def test_a_primary_whose_pod_is_deleted_hands_over_first(stage: Release, writers: Writers) -> None:
    """Another takes writes while its mysqld still runs, and no write keeps the pod from ending."""
    old = primary_pod(stage)
    processes, since = faults.processes(stage, old), time.monotonic()
    mysqld = processes.mysqld()
    stage.kubectl("delete", "pod", old, "--wait=false")
    members = (
        "SELECT MEMBER_HOST FROM performance_schema.replication_group_members WHERE MEMBER_ROLE = 'PRIMARY'"
    )
    eventually(lambda: not str(writers.query(members)).startswith(f"[('{old}."), "another primary", 20, 0.1)
    assert processes.mysqld() == mysqld
    eventually(lambda: faults.processes(stage, old) != processes, "the end of the pod", ENDING_SECONDS)
    writers.wait_for_more(WRITES)
    assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS


def test_a_frozen_primary_is_replaced_and_comes_back_as_a_secondary(stage: Release, writers: Writers) -> None:
    """It stands still like a hung machine; when it wakes up, its old group has gone on without it."""
    old = primary_pod(stage)
    since = time.monotonic()
    with faults.frozen(*faults.processes(stage, old).server_and_agent()):
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old


def test_a_primary_that_answers_nobody_is_ended_and_replaced(stage: Release, writers: Writers) -> None:
    """Its group sees it ONLINE all the time; its agent has it ended, and its container is not restarted."""
    old = primary_pod(stage)
    processes, since = faults.processes(stage, old), time.monotonic()
    mysqld, restarts = processes.mysqld(), stage.identities()[old]
    with faults.hung(mysqld):
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old
    assert processes.mysqld() != mysqld
    assert stage.identities()[old] == restarts
    events = stage.all("event", fields=f"involvedObject.name={old},reason=ServerHung")
    assert "its group goes on without it" in events[-1]["message"]


def test_a_frozen_secondary_holds_nobody_up_for_long(stage: Release, writers: Writers) -> None:
    """It is expelled, and joins again when it wakes up."""
    victim = others(stage, primary_pod(stage))[0]
    since = time.monotonic()
    with faults.frozen(*faults.processes(stage, victim).server_and_agent()):
        witness = others(stage, victim)[0]
        members = "SELECT COUNT(*) FROM performance_schema.replication_group_members"
        eventually(lambda: stage.exec_sql(witness, members) == "2", "the expulsion", 30)
        writers.wait_for_more(WRITES)
    assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS


@pytest.mark.alone
def test_a_failover_needs_neither_agents_nor_the_api(stage: Release, writers: Writers) -> None:
    """Agents are killed and then stand still, Kubernetes does not answer, and the primary dies all the same."""
    old = primary_pod(stage)
    pods = {name: faults.processes(stage, name) for name in others(stage)}
    faults.kill(*(pod.agent() for pod in pods.values()))
    agents = eventually(lambda: [pod.agent() for pod in pods.values()], "agents started again", 60)
    since = time.monotonic()
    with faults.component_frozen(faults.API_SERVER), faults.frozen(*agents):
        faults.kill(pods[old].mysqld())
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old


@pytest.mark.alone
def test_a_member_joins_again_while_the_api_is_away(stage: Release, writers: Writers) -> None:
    """Its agent knows the record, and its kubelet the pod; neither has to ask."""
    victim = others(stage, primary_pod(stage))[0]
    mysqld = faults.processes(stage, victim).mysqld()
    known = faults.processes(stage, victim)
    count = "SELECT COUNT(*) FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"
    with faults.component_frozen(faults.API_SERVER):
        faults.kill(mysqld)
        eventually(lambda: writers.query(count) == [(2,)], "the expulsion", 60, pause_seconds=0.1)
        eventually(lambda: writers.query(count) == [(3,)], "the third member ONLINE", 90)
    assert stage.identities()[victim][0] == known.uid


def test_a_server_that_runs_out_of_memory_comes_back(stage: Release, writers: Writers) -> None:
    """The kernel ends it inside its pod's control group."""
    victim = others(stage, primary_pod(stage))[0]
    processes = faults.processes(stage, victim)
    mysqld = processes.mysqld()
    faults.run_out_of_memory(stage, victim, mysqld)
    eventually(lambda: processes.mysqld() != mysqld, "a new mysqld", 120)
    restarted = eventually(lambda: _last_end(stage, victim), "the kubelet saw the end", 60)
    assert restarted in {"OOMKilled", "Error"}  # the latter where the group is not killed as one


def _last_end(stage: Release, pod: str) -> str:
    statuses = stage.get("pod", pod)["status"]["containerStatuses"]
    mysql = next(status for status in statuses if status["name"] == "mysql")
    reason: str = mysql["lastState"].get("terminated", {}).get("reason", "")
    return reason if mysql["ready"] else ""
