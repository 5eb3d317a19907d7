"""What a running mysqld takes by SET GLOBAL, what only at a start, and what it refuses in an option file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.decide.option_verdict import option_problems
from innodb_cluster.decide.server_options import MARKER_LINE, SECTION_LINES, assignments
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.mysql.options import set_options
from innodb_cluster.jobs.render import server_option_file
from tests.contract.mysql.servers import make_servers, own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.mysql.certificates import Certificates
    from tests.contract.mysql.processes import Processes
    from tests.contract.mysql.servers import Rootfs, Server

POD = PodConfiguration(name="db", namespace="ns", pod="db-0", memory_limit_bytes=1 << 30)


@pytest.fixture(scope="module")
def server(
    rootfs: Rootfs, workplace: Path, certificates: Certificates, processes: Processes
) -> Iterator[Server]:
    """One mysqld, in no group."""
    home = Path(tempfile.mkdtemp(prefix="options-", dir=workplace))
    home.chmod(0o755)
    own(home)
    (server,) = make_servers(rootfs, home, certificates, processes, 1)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


def refused(server: Server, text: str, *names: str) -> tuple[str, ...]:
    """Set what a text says of these options."""
    tried, _ = assignments(names, text, frozenset())
    with server.root() as session:
        return set_options(session, tried)


def value(server: Server, name: str) -> str:
    """Ask for a variable."""
    with server.root() as session:
        return str(session.one(f"SELECT @@GLOBAL.{name} AS value")["value"])


@pytest.mark.parametrize(
    ("line", "name", "found"),
    [
        ("max_connections = 55", "max_connections", "55"),
        ("max-allowed-packet=16M", "max_allowed_packet", str(16 << 20)),
        ("long_query_time=0.5", "long_query_time", "0.5"),
        ("slow_query_log", "slow_query_log", "1"),
        ("slow_query_log=OFF", "slow_query_log", "0"),
        ("sql_mode='ANSI_QUOTES,STRICT_TRANS_TABLES'", "sql_mode", "ANSI_QUOTES,STRICT_TRANS_TABLES"),
        ("sql_mode=", "sql_mode", ""),
        ("init_connect='SET @a = 1'", "init_connect", "SET @a = 1"),
        ("init_connect=1", "init_connect", "1"),
        ("transaction-isolation=READ-COMMITTED", "transaction_isolation", "READ-COMMITTED"),
        ("loose_group_replication_member_weight=70", "group_replication_member_weight", "70"),
    ],
)
def test_what_is_dynamic_is_set(server: Server, line: str, name: str, found: str) -> None:
    """Numbers, sizes, flags, sets and texts, as an option file writes them."""
    assert refused(server, line, name) == ()
    assert value(server, name) == found


def test_a_removed_line_gives_the_servers_default(server: Server) -> None:
    """As a start without it would."""
    assert refused(server, "long_query_time=3", "long_query_time") == ()
    assert refused(server, "", "long_query_time") == ()
    assert value(server, "long_query_time") == "10.0"


def test_a_switch_forgets_what_the_line_before_said(server: Server) -> None:
    """SET GLOBAL alone would merge the two."""
    refused(server, "optimizer_switch='mrr=off'", "optimizer_switch")
    refused(server, "optimizer_switch='block_nested_loop=off'", "optimizer_switch")
    switches = value(server, "optimizer_switch").split(",")
    assert "mrr=on" in switches
    assert "block_nested_loop=off" in switches


def test_what_is_taken_only_at_a_start_is_named(server: Server) -> None:
    """Read-only variables, options that are no variables, what a plugin that is missing would take."""
    names = (
        "table_open_cache_instances",
        "performance_schema_instrument",
        "no_such_option",
        "max_connections",
    )
    text = "table_open_cache_instances=4\nperformance_schema_instrument='a=ON'\nloose_no_such_option=1\nmax_connections=9"
    assert refused(server, text, *names) == (
        "no_such_option",
        "performance_schema_instrument",
        "table_open_cache_instances",
    )
    assert value(server, "max_connections") == "9"


def verdict(rootfs: Rootfs, home: Path, text: str) -> str:
    """Let mysqld validate the option file of a server with these options; empty when it takes them."""
    paths = Paths(extra=home / "extra.cnf")
    head = "\n".join(SECTION_LINES)
    paths.extra.write_text(f"{head}\n{text}\n{MARKER_LINE}\n[mysqld]\nreport_user = mycnf-0\n")
    (home / "my.cnf").write_text(server_option_file(POD, paths))
    own(home)
    command = rootfs.command("mysqld", f"--defaults-file={home / 'my.cnf'}", "--validate-config")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.fixture
def home(workplace: Path) -> Iterator[Path]:
    """A directory that mysqld can read."""
    home = Path(tempfile.mkdtemp(prefix="validate-", dir=workplace))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize(
    "text",
    ["", "max_connections=9", "group_replication_member_weight=70", "[client]\nquick", "loose_nonsense=1"],
)
def test_mysqld_takes_what_is_right(rootfs: Rootfs, home: Path, text: str) -> None:
    """Options of Group Replication too: its plugin is loaded for it; no data directory is needed."""
    assert verdict(rootfs, home, text) == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_connections=9\nno-such-option=secret", "line 2: unknown variable 'no-such-option'"),
        ("long_query_time=secret", "line 1: Invalid decimal value for option 'long_query_time'"),
        ("sql_mode=secret", "line 1: /usr/sbin/mysqld: Error while setting its value to 'sql_mode'"),
        ("innodb_buffer_pool_size=1Q", "innodb-buffer-pool-size"),
        ("group_replication_nonsense=1", "line 1: unknown variable 'group_replication_nonsense'"),
    ],
)
def test_what_mysqld_refuses_is_found_and_named(rootfs: Rootfs, home: Path, text: str, said: str) -> None:
    """Before any server is touched, and without the value."""
    (problem,) = option_problems(text, verdict(rootfs, home, text))
    assert said in problem
    assert "secret" not in problem
