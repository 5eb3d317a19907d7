"""A person decides what no agent may: who goes on without members that hold, for all that is known, something else."""

import subprocess

from tests.e2e.faults.test_processes import others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_for_routers
from tests.e2e.kit.writers import writing

QUORUM_SECONDS = 25
"""Without a majority a member leaves its group after 30."""
START_SECONDS = 50
"""The kubelet lets a server wait that it has started again several times, and ends one that stands still after a minute."""


def ask(stage: Release, pod: str, command: str, *given_up: str) -> subprocess.CompletedProcess[str]:
    """Run a command beside a server, once."""
    names = [argument for name in given_up for argument in ("--give-up", name)]
    return stage.command(pod, command, *names)


def force(stage: Release, seconds: float, pod: str, command: str, *given_up: str) -> list[str]:
    """Run a command beside a server until it does what it is asked for; give what it said each time before."""
    refusals: list[str] = []

    def obeys() -> bool:
        done = ask(stage, pod, command, *given_up)
        if done.returncode != 0:
            refusals.append(done.stdout + done.stderr)
        assert done.returncode == 0, refusals[-1]
        return True

    eventually(obeys, f"{command} on {pod}", seconds, pause_seconds=0.5)
    return refusals


def test_the_last_member_goes_on_when_the_majority_is_given_up(calm: Release) -> None:
    """It takes writes, alone; those that come back join it."""
    last = others(calm, primary_pod(calm))[0]
    gone = others(calm, last)
    before = calm.get("configmap", "mysql-state")["data"]["groupName"]
    processes = [faults.processes(calm, pod) for pod in gone]
    with faults.servers_gone(*processes):
        told = force(calm, QUORUM_SECONDS, last, "force-quorum", *gone)
        wait_for_routers(calm)
        with writing(calm, 1000) as writers:
            assert writers.query("SELECT @@hostname") == [(last,)]
    assert all("majority" in each for each in told), told  # it had not noticed yet
    assert calm.get("configmap", "mysql-state")["data"]["groupName"] != before


def test_a_server_that_never_answers_is_given_up_after_an_outage(calm: Release) -> None:
    """The others wait for it until a person says otherwise; the group has another name from then on."""
    missing, first, second = (primary_pod(calm), *others(calm, primary_pod(calm)))
    before = calm.get("configmap", "mysql-state")["data"]["groupName"]
    processes = {pod: faults.processes(calm, pod) for pod in (missing, first, second)}
    with faults.servers_gone(processes[missing]):
        faults.kill(processes[first].mysqld(), processes[second].mysqld())
        assert ask(calm, first, "force-bootstrap").returncode != 0
        force(calm, START_SECONDS, first, "force-bootstrap", missing)
        wait_for_routers(calm)
        with writing(calm, 1001):
            pass
    assert calm.get("configmap", "mysql-state")["data"]["groupName"] != before
