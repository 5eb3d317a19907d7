"""Failures that tests make of the local cluster."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from ci.cluster import cgroups, cli, disks, faults
from ci.cluster.processes import Daemon, Processes
from ci.progress import StepError

LIMIT_KIB = 8 * 1024 + 300
MIB = 1024 * 1024


def test_filling_stops_less_than_a_mebibyte_below_the_limit(tmp_path: Path) -> None:
    """Tried with a limit of the shell in the place of the volume's."""
    file = tmp_path / disks.FILLER
    script = f"ulimit -f {LIMIT_KIB}\n{disks.filling_script(str(file))}"
    subprocess.run(["bash", "-e"], input=script, text=True, check=True, capture_output=True, timeout=30)
    assert LIMIT_KIB * 1024 - MIB < file.stat().st_size <= LIMIT_KIB * 1024


def test_a_component_stands_still_until_it_is_thawed(tmp_path: Path) -> None:
    """Its process is stopped by the kernel, and goes on afterwards."""
    processes = Processes(tmp_path / "records", tmp_path / "logs", tmp_path / "procs", tmp_path)
    processes.ensure(Daemon("sleeper", ("sleep", "60")))
    try:
        identity = processes.identity("sleeper")
        assert identity is not None
        faults.freeze_component(processes, "sleeper")
        assert os.WIFSTOPPED(os.waitpid(identity.pid, os.WUNTRACED)[1])
        faults.thaw_component(processes, "sleeper")
        assert os.WIFCONTINUED(os.waitpid(identity.pid, os.WCONTINUED)[1])
    finally:
        processes.stop(["sleeper"], grace_seconds=0.0)


def test_a_component_that_does_not_run_is_named(tmp_path: Path) -> None:
    """Instead of a fault that nobody has made."""
    processes = Processes(tmp_path / "records", tmp_path / "logs", tmp_path / "procs", tmp_path)
    with pytest.raises(StepError, match="kube-apiserver does not run"):
        faults.freeze_component(processes, "kube-apiserver")


def test_components_and_disks_are_broken_from_the_command_line() -> None:
    """As nodes are."""
    component = cli.parse(["component", "freeze", "kube-apiserver"])
    assert (component.command, component.action, component.name) == ("component", "freeze", "kube-apiserver")
    disk = cli.parse(["disk", "fill", "v1"])
    assert (disk.command, disk.action, disk.volume) == ("disk", "fill", "v1")
    assert cli.parse(["disk", "hold"]).volume == ""


def test_a_frozen_node_is_told_from_a_frozen_process_in_one_of_its_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the node's own programs: mending a node must not wake what another test has put to sleep."""
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        try:
            monkeypatch.setattr(cgroups, "processes", lambda _group: {sleeper.pid})
            assert not cgroups.stands_still("group", {"sleep"})
            sleeper.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, sleeper.pid, os.WSTOPPED)
            assert cgroups.stands_still("group", {"sleep"})
            assert not cgroups.stands_still("group", {"kubelet"})
        finally:
            sleeper.kill()
