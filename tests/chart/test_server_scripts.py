"""The start scripts of servers, run by bash with stand-ins for MySQL's programs."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from innodb_cluster.effects.files.orders import order_end, order_restart
from innodb_cluster.model.errors import TemporaryError
from tests.chart.script_box import FILES, Box

BUSY = "trap 'exit 0' TERM\nwhile :; do :; done"
"""A mysqld that works and works."""
SCRIPTS = sorted(FILES.glob("*.sh"))

INITIALISES = """
for argument; do
  case $argument in --datadir=*) mkdir "${argument#*=}" && touch "${argument#*=}/ibdata1" ;; esac
done
"""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_bash_without_mistakes_of_syntax(script: Path) -> None:
    """Found here rather than in a container."""
    done = subprocess.run(
        ["bash", "-n", str(script)], capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_data_directory_is_made_once(box: Box) -> None:
    """A second start finds it and does nothing."""
    box.program("mysqld", INITIALISES)
    assert box.run("initialize.sh").returncode == 0
    assert (box.root / "volume" / "data" / "ibdata1").exists()
    assert not (box.root / "volume" / "data.new").exists()
    assert "nothing to do" in box.run("initialize.sh").stdout
    assert len(box.calls) == 1


def test_a_half_made_data_directory_is_made_anew(box: Box) -> None:
    """A killed pod must not leave something that only looks initialised."""
    (box.root / "volume" / "data.new").mkdir()
    (box.root / "volume" / "data.new" / "half").touch()
    box.program("mysqld", INITIALISES)
    assert box.run("initialize.sh").returncode == 0
    assert [path.name for path in (box.root / "volume" / "data").iterdir()] == ["ibdata1"]


def test_a_failed_initialisation_makes_no_data_directory_and_says_why(box: Box) -> None:
    """The next start tries again."""
    box.program("mysqld", f"{INITIALISES}\nexit 3")
    done = box.run("initialize.sh")
    assert done.returncode != 0
    assert "ended with status 3" in done.stderr
    assert not (box.root / "volume" / "data").exists()


def test_an_empty_data_directory_counts_as_none(box: Box) -> None:
    """Whoever made it."""
    (box.root / "volume" / "data").mkdir()
    box.program("mysqld", INITIALISES)
    assert box.run("initialize.sh").returncode == 0
    assert (box.root / "volume" / "data" / "ibdata1").exists()


def test_a_missing_volume_is_named(box: Box) -> None:
    """Rather than an error of mkdir."""
    (box.root / "volume").rmdir()
    done = box.run("initialize.sh")
    assert done.returncode == 1
    assert "no volume is mounted there" in done.stderr


def test_options_that_are_fixed_at_birth_are_taken_from_the_values(box: Box) -> None:
    """A server refuses to start when they change later; all others are left to the start."""
    text = "[mysqld]\nlower-case-table-names = 1 # for ever\ninnodb_page_size=32k\nport=1\n#innodb_page_size=4k\n"
    (box.root / "extra" / "extra.cnf").write_text(text, encoding="utf-8")
    box.program("mysqld", INITIALISES)
    box.run("initialize.sh")
    assert "--lower-case-table-names=1 --innodb-page-size=32k" in box.calls[0]
    assert "port" not in box.calls[0]


@pytest.fixture
def server_box(box: Box) -> Box:
    """A server's box: the data directory is made and the option file written."""
    (box.root / "volume" / "data").mkdir()
    (box.root / "volume" / "data" / "ibdata1").touch()
    (box.root / "conf" / "my.cnf").touch()
    return box


def test_mysqld_is_started_again_in_place_when_it_asks_for_that(server_box: Box) -> None:
    """Status 16 is RESTART and CLONE; every other status is the container's own."""
    box = server_box
    box.program(
        "mysqld",
        f"[[ $MYSQLD_PARENT_PID == $PPID ]] || exit 99\n(( $(wc -l <{box.journal}) == 3 )) && exit 7 || exit 16",
    )
    done = box.run("run-mysqld.sh")
    assert done.returncode == 7
    assert len(box.calls) == 3


def test_stale_sockets_are_removed_before_mysqld_starts(server_box: Box) -> None:
    """Their lock files name a process of an earlier container."""
    box = server_box
    stale = ["mysqld.sock", "mysqld.sock.lock", "mysqlx.sock", "mysqlx.sock.lock", "mysqld.pid"]
    for name in stale:
        (box.root / "run" / name).touch()
    box.program("mysqld", f"ls {box.root / 'run'} >&2")
    done = box.run("run-mysqld.sh")
    assert done.returncode == 0
    assert done.stderr == "orders\n"


@pytest.mark.parametrize("status", [0, 16])
def test_a_signal_reaches_mysqld_and_its_status_is_kept(server_box: Box, status: int) -> None:
    """Also when mysqld happens to ask for a restart at that moment."""
    trap = f"echo stopped >>{server_box.journal}; exit {status}"
    assert server_box.status_when_told_to_end("run-mysqld.sh", "mysqld", trap) == status
    assert server_box.calls[1:] == ["stopped"]


def wait_until_ordered(pipe: Path, order: Callable[[Path], None]) -> None:
    """Give an order as soon as somebody listens: mysqld is started a moment earlier."""
    end = time.monotonic() + 20
    while True:
        try:
            order(pipe)
        except TemporaryError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return


def supervise(box: Box, mysqld: str, order: Callable[[Path], None]) -> list[str]:
    """Start a server, give an order as the agent does, and give what the supervisor said until the order was done with."""
    ready, said = box.root / "ready", []
    os.mkfifo(ready)
    box.program("mysqld", f"[[ $(grep -c mysqld {box.journal}) == 1 ]] || exit 5\necho >{ready}\n{mysqld}")
    with box.started("run-mysqld.sh") as process:
        ready.read_text(encoding="utf-8")
        wait_until_ordered(box.root / "run" / "orders", order)
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "told to end" in line and "left alone" in line:
                process.send_signal(signal.SIGTERM)
    return said


def test_a_mysqld_that_hangs_is_ended_and_started_again_in_place(server_box: Box) -> None:
    """It does not even end when it is told to."""
    said = supervise(server_box, "kill -STOP $$", order_end)
    assert "which does nothing: ending process" in "".join(said)
    assert "started again: it hung" in "".join(said)
    assert said[-1] == "run-mysqld: mysqld ended with status 5\n"


def test_a_mysqld_that_is_busy_is_left_alone(server_box: Box) -> None:
    """Another member would be as busy."""
    said = supervise(server_box, BUSY, order_end)
    assert "which is busy: left alone" in "".join(said)
    assert len(server_box.calls) == 1


def test_a_mysqld_whose_agent_wants_it_anew_is_started_again_even_when_it_is_busy(server_box: Box) -> None:
    """Clients may go on asking a server whose group never will."""
    said = supervise(server_box, BUSY, order_restart)
    assert "told to restart mysqld: ending process" in "".join(said)
    assert "started again: its agent wanted that" in "".join(said)
    assert len(server_box.calls) == 2


def test_an_order_without_a_supervisor_is_refused(tmp_path: Path) -> None:
    """The agent goes on, and the kubelet's probe is left."""
    with pytest.raises(TemporaryError, match="takes no orders"):
        order_end(tmp_path / "orders")
    os.mkfifo(tmp_path / "orders")
    for order in (order_end, order_restart):
        with pytest.raises(TemporaryError, match="takes no orders"):
            order(tmp_path / "orders")


def test_a_server_makes_its_data_directory_and_waits_for_its_option_file(box: Box) -> None:
    """The agent writes it meanwhile."""
    box.program("mysqld", f"[[ $* == *--initialize* ]] || exit 5\n{INITIALISES}")
    with box.started("run-mysqld.sh") as process:
        assert process.stdout is not None
        while "waiting for the agent" not in process.stdout.readline():
            assert process.poll() is None
        assert (box.root / "volume" / "data" / "ibdata1").exists()
        (box.root / "conf" / "my.cnf").touch()
        assert process.wait(timeout=10) == 5
    assert box.calls[1] == f"mysqld --defaults-file={box.root}/conf/my.cnf"


def test_a_server_without_a_data_directory_is_not_started(box: Box) -> None:
    """The container ends with the reason as its last words."""
    box.program("mysqld", "exit 3")
    done = box.run("run-mysqld.sh")
    assert done.returncode == 1
    assert "mysqld --initialize-insecure ended with status 3" in done.stderr
    assert len(box.calls) == 1


def test_a_server_that_waits_for_its_option_file_can_be_stopped(server_box: Box) -> None:
    """Process 1 of a container would ignore the signal, and the pod wait until it is killed."""
    (server_box.root / "conf" / "my.cnf").unlink()
    with server_box.started("run-mysqld.sh") as process:
        assert process.stdout is not None
        while "waiting for the agent" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 143
    assert server_box.calls == []
