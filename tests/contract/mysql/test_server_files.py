"""my.cnf and init.sql as the agent writes them, read by a real mysqld."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.mysql.connection import Timeouts, connect_socket, connect_tcp
from innodb_cluster.jobs.render import render_server
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.names import ADMIN_ACCOUNT, recovery_account, recovery_password
from tests.contract.mysql.servers import HOST, free_ports, initialise, own, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from innodb_cluster.effects.mysql.connection import Session
    from tests.contract.mysql.certificates import Certificates
    from tests.contract.mysql.processes import Processes
    from tests.contract.mysql.servers import Rootfs

ADMIN_PASSWORD = "Adm'in\\pw;-- \n#-Aa1"
RECOVERY_SECRET = "secret"
POD = PodConfiguration(name="db", namespace="ns", pod="db-1", memory_limit_bytes=1 << 30)
COMPLAINTS = ("unknown variable", "deprecated", "unknown option", "init_file", "removed in a future")


@dataclass
class Server:
    """One mysqld with the rendered files; only ports, host and temporary directory are another one's."""

    rootfs: Rootfs
    processes: Processes
    paths: Paths
    home: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        render_server(POD, self.paths)
        self._move()
        own(self.home)
        command = self.rootfs.command("mysqld", f"--defaults-file={self.paths.option_file}")
        self.process = self.processes.start(command, self.home / "error.log")
        wait_until(self._answers, 60, f"mysqld does not start: {self.log()[-2000:]}")

    def stop(self) -> None:
        if self.process is not None:
            self.processes.stop(self.process)
            self.process = None

    def root(self) -> Session:
        return connect_socket(str(self.paths.run / "mysqld.sock"), timeouts=Timeouts())

    def log(self) -> str:
        return (self.home / "error.log").read_text()

    def _answers(self) -> bool:
        try:
            with self.root() as session:
                return bool(session.query("SELECT 1 AS one"))
        except InnodbClusterError:
            return False

    def _move(self) -> None:
        """Everything on one machine: this server's own ports and temporary directory."""
        host = POD.names.host(POD.pod)
        text = self.paths.option_file.read_text()
        moved = (
            text.replace(f"{host}:3306", f"{HOST}:{self.port}")
            .replace(f"report_host = {host}", f"report_host = {HOST}")
            .replace("port = 33060", f"port = {self.port + 1}")
            .replace("port = 3306\n", f"port = {self.port}\n")
            .replace("tmpdir = /tmp", f"tmpdir = {self.home}/tmp")
        )
        self.paths.option_file.write_text(moved)


@pytest.fixture
def server(rootfs: Rootfs, processes: Processes, certificates: Certificates) -> Iterator[Server]:
    """A server that has just been initialised, started for the first time."""
    home = Path(tempfile.mkdtemp(prefix="files-"))
    try:
        home.chmod(0o755)
        for folder in ("conf", "internal", "run", "tmp"):
            (home / folder).mkdir()
        (home / "internal" / "adminPassword").write_text(ADMIN_PASSWORD)
        (home / "internal" / "recoverySecret").write_text(RECOVERY_SECRET)
        (home / "extra.cnf").touch()
        own(home)
        initialise(rootfs, home).rename(home / "data")
        paths = Paths(
            conf=home / "conf",
            internal=home / "internal",
            tls=certificates.ca.parent,
            extra=home / "extra.cnf",
            run=home / "run",
            data=home / "data",
        )
        found = Server(rootfs, processes, paths, home, free_ports(1)[0])
        found.start()
        yield found
        found.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def log_in(server: Server, user: str, password: str) -> bool:
    """Whether an account can log in over TLS."""
    try:
        with connect_tcp(HOST, server.port, user, password, str(server.paths.tls / "ca.crt")) as session:
            return bool(session.query("SELECT 1 AS one"))
    except InnodbClusterError:
        return False


def assert_accounts_work(server: Server) -> None:
    """Root by socket, and everything between servers by password."""
    assert log_in(server, ADMIN_ACCOUNT, ADMIN_PASSWORD)
    for server_id in (1000, 1001, 1002):
        account = recovery_account(server_id)
        assert log_in(server, account, recovery_password(RECOVERY_SECRET, account))


def test_a_server_starts_and_starts_again_without_a_transaction_of_its_own(server: Server) -> None:
    """Accounts are there, read-only is on, the log has no complaint about an option."""
    for _ in range(2):
        assert_accounts_work(server)
        with server.root() as session:
            row = session.one(
                "SELECT @@global.gtid_executed AS gtids, @@super_read_only AS read_only, @@server_id AS id,"
                " @@global.group_replication_communication_stack AS stack, @@innodb_buffer_pool_size AS pool"
            )
        assert row["gtids"] == ""
        assert row["read_only"] == 1
        assert (row["id"], row["stack"], row["pool"]) == (1001, "MYSQL", 128 << 20)
        server.stop()
        server.start()
    complaints = [line for line in server.log().splitlines() if any(word in line for word in COMPLAINTS)]
    assert complaints == []


def test_passwords_that_were_changed_or_restored_are_set_right_at_the_next_start(server: Server) -> None:
    """The Secret decides; root's way in does not depend on any password."""
    with server.root() as session:
        session.execute("SET GLOBAL super_read_only = OFF")
        session.execute("SET SESSION sql_log_bin = 0")
        session.execute(f"ALTER USER '{ADMIN_ACCOUNT}'@'%' IDENTIFIED BY 'another one'")
        session.execute("ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket AS 'nobody'")
    assert not log_in(server, ADMIN_ACCOUNT, ADMIN_PASSWORD)
    server.stop()
    server.start()
    assert_accounts_work(server)


def test_a_password_policy_does_not_stop_the_start_statements(server: Server) -> None:
    """mysqld skips the rest of the file at the first statement that it refuses."""
    with server.root() as session:
        session.execute("SET GLOBAL super_read_only = OFF")
        session.execute("SET SESSION sql_log_bin = 0")
        session.execute("INSTALL COMPONENT 'file://component_validate_password'")
        session.execute("SET PERSIST validate_password.policy = 'STRONG'")
        session.execute(f"DROP USER '{recovery_account(1002)}'@'%'")
    server.stop()
    server.start()
    assert_accounts_work(server)
    assert "password does not satisfy" not in server.log()
