"""Daemons: started, found again, ended."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.cluster.api import wait_until
from ci.cluster.processes import Daemon, Processes, parse_stat, start_ticks

DEADLINE_SECONDS = 20.0


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Processes that are recorded below a temporary folder; all are ended afterwards."""
    found = Processes(tmp_path / "pids", tmp_path / "logs", tmp_path / "group", tmp_path)
    yield found
    found.stop(found.names(), grace_seconds=0.0)


def test_a_daemon_is_found_again_and_ended(processes: Processes) -> None:
    """It is started once, has the caller's pid file, and goes when it is told to."""
    daemon = Daemon("sleeper", ("sleep", "600"))
    assert processes.ensure(daemon)
    assert not processes.ensure(daemon)
    identity = processes.identity("sleeper")
    assert identity is not None
    processes.stop(["sleeper"])
    assert processes.identity("sleeper") is None
    assert processes.names() == []


def test_a_changed_command_or_file_starts_it_again(processes: Processes, tmp_path: Path) -> None:
    """What runs is compared with what should run."""
    file = tmp_path / "config"
    file.write_text("a")
    daemon = Daemon("sleeper", ("sleep", "600"), files=(file,))
    processes.ensure(daemon)
    file.write_text("b")
    assert not processes.is_current(daemon)
    assert processes.ensure(daemon)
    assert not processes.is_current(Daemon("sleeper", ("sleep", "601"), files=(file,)))


def test_a_reused_pid_is_not_taken_for_the_daemon(processes: Processes) -> None:
    """The record names the start time as well; a process that started at another time is somebody else."""
    processes.ensure(Daemon("sleeper", ("sleep", "600")))
    record = processes.folder / "sleeper.json"
    kept = record.read_text()
    ticks = start_ticks(os.getpid())
    record.write_text(kept.replace('"start_ticks": ', '"start_ticks": 1'))
    assert ticks is not None
    assert processes.identity("sleeper") is None
    record.write_text(kept)


def test_a_daemon_leads_a_session_of_its_own(processes: Processes) -> None:
    """The shell that started it may end or be interrupted."""
    processes.ensure(Daemon("sleeper", ("sleep", "600")))
    identity = processes.identity("sleeper")
    assert identity is not None
    assert os.getsid(identity.pid) == identity.pid


def test_a_supervised_daemon_is_started_again_when_it_ends(processes: Processes, tmp_path: Path) -> None:
    """It may fail as often as it likes; its supervisor goes on."""
    daemon = Daemon("failing", ("sh", "-c", f"echo x >> {tmp_path}/runs; exit 3"), supervised=True)
    processes.ensure(daemon)
    runs = tmp_path / "runs"
    assert wait_until(lambda: runs.exists() and len(runs.read_text()) >= 4, DEADLINE_SECONDS)
    assert processes.is_current(daemon)


def test_a_supervised_daemon_goes_with_its_supervisor(processes: Processes, tmp_path: Path) -> None:
    """Ending the component ends the program, also one that ignores SIGTERM."""
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 600; done"
    processes.ensure(Daemon("stubborn", ("sh", "-c", script), supervised=True))
    pid_file = tmp_path / "pid"
    assert wait_until(lambda: pid_file.exists() and pid_file.read_text().strip() != "", DEADLINE_SECONDS)
    processes.stop(["stubborn"], grace_seconds=0.2)
    assert wait_until(lambda: start_ticks(int(pid_file.read_text())) is None, DEADLINE_SECONDS)


def test_output_goes_to_the_log(processes: Processes) -> None:
    """Standard output and error of a component are in its log."""
    processes.ensure(Daemon("talker", ("sh", "-c", "echo out; echo err >&2")))
    log = processes.log("talker")
    assert wait_until(lambda: log.read_text() == "out\nerr\n", DEADLINE_SECONDS)


def test_the_process_joins_the_control_group(processes: Processes) -> None:
    """It writes 0, which means itself, to the group's file before it becomes the program."""
    processes.ensure(Daemon("sleeper", ("sleep", "600")))
    file = processes.tracking_file
    assert wait_until(lambda: file.exists() and file.read_text() == "0\n", DEADLINE_SECONDS)


def test_stat_is_read_whatever_the_name_of_the_program() -> None:
    """The second field holds any character, brackets and blanks too."""
    fields = " ".join(["S", "1", *["0"] * 17, "4711", "0"])
    assert parse_stat(f"12 (a) (b c)) {fields}") == ("S", 4711)


def test_a_zombie_counts_as_ended() -> None:
    """A process that nobody has reaped does not run."""
    child = os.posix_spawn("/bin/true", ["true"], {})
    assert wait_until(lambda: start_ticks(child) is None, DEADLINE_SECONDS)
    os.waitpid(child, 0)


def test_stopping_what_does_not_run_is_nothing(processes: Processes) -> None:
    """`down` may be repeated."""
    processes.stop(["nobody"])
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
