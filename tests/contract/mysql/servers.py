"""Real mysqld processes on 127.0.0.1, started from the server image's root file system.

Every server is one child process, ended by its own process id. They are tuned to start
fast and to lose everything in a crash of the machine, which no test here is about.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from innodb_cluster.effects.mysql.connection import Session, Timeouts, connect_socket, connect_tcp
from innodb_cluster.model.errors import InnodbClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.contract.mysql.certificates import Certificates
    from tests.contract.mysql.processes import Processes

HOST = "127.0.0.1"
MYSQL_UID = 27
GROUP_NAME = "5f3c4f8e-5a0c-4c39-9d38-5a8f6f2b4a01"
CLUSTER_ID = "c0ffee00-0000-4000-8000-000000000001"
ADMIN = "innodb_cluster_admin"
ADMIN_PASSWORD = "adm1n-of-a-test"
RECOVERY_PASSWORD = "rec0very-of-a-test"
FIRST_SERVER_ID = 1001

_TUNING = (
    "--innodb-buffer-pool-size=32M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-numa-interleave=OFF",
    "--innodb-doublewrite=OFF",
    "--innodb-redo-log-capacity=16M",
    "--sync-binlog=0",
    "--table-open-cache=400",
    "--max-connections=60",
    "--secure-file-priv=NULL",
)


@dataclass(slots=True)
class Rootfs:
    """The server image's root file system, entered as user 27."""

    path: Path

    def command(self, *arguments: str) -> list[str]:
        """Give the argument list that runs a program inside."""
        return [str(self.path / "enter"), *arguments]


@dataclass(slots=True)
class Server:
    """One mysqld."""

    ordinal: int
    port: int
    xport: int
    rootfs: Rootfs
    directory: Path
    certificates: Certificates
    processes: Processes
    seeds: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def address(self) -> str:
        """What the server reports to its group."""
        return f"{HOST}:{self.port}"

    @property
    def server_id(self) -> int:
        """server_id of this member."""
        return FIRST_SERVER_ID + self.ordinal

    @property
    def socket_path(self) -> str:
        """Socket for root."""
        return str(self.directory / "mysqld.sock")

    def start(self) -> None:
        """Start mysqld and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start mysqld."""
        command = self.rootfs.command("mysqld", *self._options())
        self.process = self.processes.start(command, self.directory / "error.log")

    def wait(self) -> None:
        """Wait until mysqld answers."""
        wait_until(self._answers, 60, f"server {self.ordinal} does not start: see {self.directory}/error.log")

    def stop(self) -> None:
        """Shut mysqld down the normal way."""
        self._end(kill=False)

    def kill(self) -> None:
        """End mysqld without a goodbye."""
        self._end(kill=True)

    def root(self, read_seconds: int = 10) -> Session:
        """Connect through the socket as root."""
        return connect_socket(self.socket_path, timeouts=Timeouts(read_seconds=read_seconds))

    def admin(self) -> Session:
        """Connect over TLS as the internal administrator."""
        return connect_tcp(HOST, self.port, ADMIN, ADMIN_PASSWORD, str(self.certificates.ca))

    def _answers(self) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise AssertionError(f"server {self.ordinal} ended: see {self.directory}/error.log")
        try:
            with self.root() as session:
                return bool(session.query("SELECT 1 AS one"))
        except InnodbClusterError:
            return False

    def _end(self, *, kill: bool) -> None:
        if self.process is not None:
            self.processes.stop(self.process, kill=kill)
            self.process = None

    def _options(self) -> list[str]:
        return [
            "--no-defaults",
            f"--datadir={self.directory / 'data'}",
            f"--socket={self.socket_path}",
            f"--mysqlx-socket={self.directory / 'mysqlx.sock'}",
            f"--pid-file={self.directory / 'mysqld.pid'}",
            f"--port={self.port}",
            f"--mysqlx-port={self.xport}",
            f"--bind-address={HOST}",
            f"--mysqlx-bind-address={HOST}",
            f"--report-host={HOST}",
            f"--report-port={self.port}",
            f"--server-id={self.server_id}",
            f"--ssl-ca={self.certificates.ca}",
            f"--ssl-cert={self.certificates.certificate}",
            f"--ssl-key={self.certificates.key}",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--plugin-load-add=group_replication.so",
            "--plugin-load-add=mysql_clone.so",
            "--group-replication-start-on-boot=OFF",
            f"--group-replication-group-name={GROUP_NAME}",
            f"--group-replication-local-address={self.address}",
            f"--group-replication-group-seeds={self.seeds}",
            "--group-replication-communication-stack=MYSQL",
            "--group-replication-ssl-mode=REQUIRED",
            "--group-replication-recovery-use-ssl=ON",
            "--group-replication-member-expel-timeout=0",
            "--group-replication-autorejoin-tries=0",
            "--group-replication-exit-state-action=READ_ONLY",
            "--group-replication-message-cache-size=134217728",
            *_TUNING,
        ]


def wait_until(condition: Callable[[], bool], deadline_seconds: float, complaint: str) -> None:
    """Ask for a condition again and again, until it holds or the deadline is over."""
    deadline = time.monotonic() + deadline_seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(complaint)
        time.sleep(0.1)


def free_ports(count: int) -> list[int]:
    """Give TCP ports that nothing listens on now."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def initialise(rootfs: Rootfs, directory: Path) -> Path:
    """Make a data directory that servers start from as copies."""
    template = directory / "template"
    subprocess.run(
        rootfs.command("mysqld", "--no-defaults", "--initialize-insecure", f"--datadir={template}"),
        check=True,
        capture_output=True,
        timeout=120,
    )
    (template / "auto.cnf").unlink()
    return template


def make_servers(
    rootfs: Rootfs, directory: Path, certificates: Certificates, processes: Processes, count: int
) -> list[Server]:
    """Make servers with data directories, not started."""
    template = initialise(rootfs, directory)
    ports = free_ports(2 * count)
    seeds = ",".join(f"{HOST}:{port}" for port in ports[:count])
    servers = []
    for ordinal in range(count):
        home = directory / f"server-{ordinal}"
        home.mkdir()
        shutil.copytree(template, home / "data")
        own(home)
        servers.append(
            Server(
                ordinal, ports[ordinal], ports[count + ordinal], rootfs, home, certificates, processes, seeds
            )
        )
    return servers


def own(directory: Path) -> None:
    """Give a directory and everything in it to the user that mysqld runs as."""
    for parent, _, names in os.walk(directory):
        os.chown(parent, MYSQL_UID, MYSQL_UID)
        for name in names:
            os.chown(os.path.join(parent, name), MYSQL_UID, MYSQL_UID)  # noqa: PTH118 - os.walk gives strings


def make_group(servers: Sequence[Server]) -> None:
    """Start the servers and form one group of them, by plain SQL."""
    for server in servers:
        server.launch()
    for server in servers:
        server.wait()
        with server.root() as session:
            _prepare(session, server)
    bootstrap_group(servers[0])
    for server in servers[1:]:
        join_group(server)
    wait_whole(servers)


def bootstrap_group(server: Server) -> None:
    """Start the group on one server."""
    with server.root(read_seconds=60) as session:
        session.execute("SET GLOBAL group_replication_bootstrap_group = ON")
        session.execute("START GROUP_REPLICATION")
        session.execute("SET GLOBAL group_replication_bootstrap_group = OFF")


def join_group(server: Server) -> None:
    """Join the running group."""
    with server.root(read_seconds=60) as session:
        session.execute("START GROUP_REPLICATION")


def wait_whole(servers: Sequence[Server]) -> None:
    """Wait until each member sees all of them ONLINE: one that has just joined sees some of the others later."""
    statement = (
        "SELECT COUNT(*) AS n FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"
    )

    def sees_all(viewer: Server) -> bool:
        with viewer.root() as session:
            return bool(session.one(statement)["n"] == len(servers))

    for server in servers:
        wait_until(partial(sees_all, server), 60, f"there are not {len(servers)} ONLINE members")


def _prepare(session: Session, server: Server) -> None:
    session.execute("SET sql_log_bin = 0")
    account = f"mysql_innodb_cluster_{server.server_id}"
    for ordinal in range(3):
        name = f"mysql_innodb_cluster_{FIRST_SERVER_ID + ordinal}"
        session.execute(f"CREATE USER IF NOT EXISTS '{name}'@'%' IDENTIFIED BY '{RECOVERY_PASSWORD}'")
        session.execute(
            "GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM, CONNECTION_ADMIN"
            f" ON *.* TO '{name}'@'%'"
        )
    session.execute(f"CREATE USER IF NOT EXISTS '{ADMIN}'@'%' IDENTIFIED BY '{ADMIN_PASSWORD}'")
    session.execute(f"GRANT ALL PRIVILEGES ON *.* TO '{ADMIN}'@'%' WITH GRANT OPTION")
    session.execute(
        f"CHANGE REPLICATION SOURCE TO SOURCE_USER = '{account}', SOURCE_PASSWORD = '{RECOVERY_PASSWORD}'"
        " FOR CHANNEL 'group_replication_recovery'"
    )
