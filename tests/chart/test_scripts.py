"""The start scripts, run by bash with stand-ins for MySQL's programs."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chart.rendering import CHART

FILES = CHART / "files"
SCRIPTS = sorted(FILES.glob("*.sh"))


class Box:
    """A container's file system: programs on PATH, the volumes, and a journal of what was called."""

    def __init__(self, root: Path) -> None:
        """Make the folders that Kubernetes would mount."""
        self.root = root
        for name in ("bin", "volume", "conf", "extra", "run", "internal"):
            (root / name).mkdir()
        self.journal = root / "journal"
        self.journal.touch()

    def program(self, name: str, body: str) -> None:
        """Put a program on PATH that writes its arguments into the journal and then does something."""
        path = self.root / "bin" / name
        path.write_text(
            f'#!/bin/bash\nprintf "%s %s\\n" {name} "$*" >>{self.journal}\n{body}\n', encoding="utf-8"
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """Programs that were called, with their arguments."""
        return self.journal.read_text(encoding="utf-8").splitlines()

    @property
    def environment(self) -> dict[str, str]:
        """Where the scripts find all of this."""
        return {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "INNODB_CLUSTER_VOLUME": str(self.root / "volume"),
            "INNODB_CLUSTER_OPTION_FILE": str(self.root / "conf" / "my.cnf"),
            "INNODB_CLUSTER_EXTRA": str(self.root / "extra" / "extra.cnf"),
            "INNODB_CLUSTER_RUN": str(self.root / "run"),
            "INNODB_CLUSTER_CONF": str(self.root / "conf"),
            "INNODB_CLUSTER_INTERNAL": str(self.root / "internal"),
        }

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return subprocess.run(
            ["bash", str(FILES / script)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @contextmanager
    def started(self, script: str) -> Iterator[subprocess.Popen[str]]:
        """Start a script, and make sure that it ends."""
        process = subprocess.Popen(
            ["bash", str(FILES / script)], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """An empty box."""
    return Box(tmp_path)


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
    assert done.stderr == ""


@pytest.mark.parametrize("status", [0, 16])
def test_a_signal_reaches_mysqld_and_its_status_is_kept(server_box: Box, status: int) -> None:
    """Also when mysqld happens to ask for a restart at that moment."""
    box = server_box
    ready = box.root / "ready"
    os.mkfifo(ready)
    box.program(
        "mysqld",
        f'sleep 60 &\ntrap "kill $!; echo stopped >>{box.journal}; exit {status}" TERM\necho >{ready}\nwait',
    )
    with box.started("run-mysqld.sh") as process:
        ready.read_text(encoding="utf-8")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == status
    assert box.calls[1:] == ["stopped"]


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


ROUTER_PASSWORD = 'it\'s $HOME \\ "quoted"'


@pytest.fixture
def router_box(box: Box) -> Box:
    """A router's box: configuration and passwords are mounted, programs write down what they read."""
    (box.root / "conf" / "mysqlrouter.conf").touch()
    (box.root / "conf" / "state.json").touch()
    (box.root / "internal" / "routerPassword").write_text(ROUTER_PASSWORD, encoding="utf-8")
    (box.root / "internal" / "restPassword").write_text("rest", encoding="utf-8")
    for name in ("mysqlrouter_keyring", "mysqlrouter_passwd"):
        box.program(name, f'[[ $1 == set ]] && cat >>{box.root / name}; echo "Please enter password:"')
    box.program("mysqlrouter", "echo routing")
    return box


def test_the_router_gets_its_keyring_by_absolute_paths_and_then_starts(router_box: Box) -> None:
    """The master key file finds a keyring by its path as it was given."""
    conf = router_box.root / "conf"
    done = router_box.run("run-router.sh")
    assert done.returncode == 0
    assert "starting mysqlrouter\nrouting\n" in done.stdout
    assert router_box.calls == [
        f"mysqlrouter_keyring init --master-key-file={conf}/master.key {conf}/keyring",
        f"mysqlrouter_keyring set --master-key-file={conf}/master.key {conf}/keyring mysqlrouter password",
        f"mysqlrouter_passwd set {conf}/rest.passwd router",
        f"mysqlrouter -c {conf}/mysqlrouter.conf",
    ]


def test_passwords_reach_the_routers_programs_by_standard_input_alone(router_box: Box) -> None:
    """Exactly, and neither by an argument nor in the log."""
    done = router_box.run("run-router.sh")
    assert (router_box.root / "mysqlrouter_keyring").read_text(encoding="utf-8") == ROUTER_PASSWORD
    assert (router_box.root / "mysqlrouter_passwd").read_text(encoding="utf-8") == "rest"
    assert ROUTER_PASSWORD not in "\n".join(router_box.calls) + done.stdout + done.stderr


def test_a_router_that_is_started_again_makes_its_keyring_anew(router_box: Box) -> None:
    """The folder outlives the container, and init refuses a file that is there."""
    conf = router_box.root / "conf"
    for name in ("master.key", "keyring", "rest.passwd"):
        (conf / name).touch()
    router_box.program(
        "mysqlrouter_keyring", f"[[ $1 == init && -e {conf}/keyring ]] && exit 1; cat >/dev/null"
    )
    assert router_box.run("run-router.sh").returncode == 0


def test_what_fails_in_a_routers_start_is_named(router_box: Box) -> None:
    """With what the program said."""
    router_box.program("mysqlrouter_keyring", "echo no space left; exit 1")
    done = router_box.run("run-router.sh")
    assert done.returncode == 1
    assert "mysqlrouter_keyring failed: no space left" in done.stderr


@pytest.mark.parametrize("name", ["routerPassword", "restPassword"])
def test_a_missing_password_is_named(router_box: Box, name: str) -> None:
    """Rather than an empty one used."""
    (router_box.root / "internal" / name).unlink()
    done = router_box.run("run-router.sh")
    assert done.returncode == 1
    assert f"{name} is missing" in done.stderr


def test_a_router_waits_for_its_configuration_beside_which_it_is_started(router_box: Box) -> None:
    """The agent writes it meanwhile; the state comes last."""
    (router_box.root / "conf" / "state.json").unlink()
    with router_box.started("run-router.sh") as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        assert "waiting for the agent" in said[2]
        (router_box.root / "conf" / "state.json").touch()
        assert "starting mysqlrouter" in process.stdout.readline()
        assert process.wait(timeout=10) == 0
    assert router_box.calls[-1] == f"mysqlrouter -c {router_box.root}/conf/mysqlrouter.conf"


def test_a_router_that_waits_for_its_configuration_can_be_stopped(router_box: Box) -> None:
    """Process 1 of a container would ignore the signal, and the pod wait until it is killed."""
    (router_box.root / "conf" / "state.json").unlink()
    with router_box.started("run-router.sh") as process:
        assert process.stdout is not None
        assert "waiting for the agent" in [process.stdout.readline() for _ in range(3)][2]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 143


def test_a_router_is_started_again_in_place_when_the_agent_orders_it(router_box: Box) -> None:
    """With everything that a start makes; the order is gone then, and an old one means nothing."""
    order = router_box.root / "run" / "restart"
    order.touch()
    journal = router_box.journal
    router_box.program(
        "mysqlrouter",
        f'[[ -e {order} ]] && exit 9\n(( $(grep -c "^mysqlrouter " {journal}) == 1 )) || exit 7\n'
        f'sleep 60 &\ntrap "kill $!; exit 0" TERM\ntouch {order}\nwait',
    )
    assert router_box.run("run-router.sh").returncode == 7
    assert [call.split()[0] for call in router_box.calls] == 2 * [
        *("mysqlrouter_keyring", "mysqlrouter_keyring", "mysqlrouter_passwd", "mysqlrouter"),
    ]


def test_a_router_that_ends_by_itself_ends_its_container_with_the_same_status(router_box: Box) -> None:
    """The kubelet starts it again, and counts it."""
    router_box.program("mysqlrouter", "exit 5")
    assert router_box.run("run-router.sh").returncode == 5


def test_a_signal_reaches_mysqlrouter_and_its_status_is_kept(router_box: Box) -> None:
    """The pod is to end, whatever the agent has ordered."""
    ready = router_box.root / "ready"
    os.mkfifo(ready)
    router_box.program(
        "mysqlrouter",
        f'sleep 60 &\ntrap "kill $!; touch {router_box.root}/run/restart; exit 3" TERM\necho >{ready}\nwait',
    )
    with router_box.started("run-router.sh") as process:
        ready.read_text(encoding="utf-8")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 3
    assert len([call for call in router_box.calls if call.startswith("mysqlrouter ")]) == 1
