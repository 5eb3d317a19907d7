"""Fixtures of the tests that run real mysqld and mysqlrouter processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.effects.mysql import metadata
from innodb_cluster.model.errors import TemporaryError
from innodb_cluster.model.metadata import InstanceRow, router_row
from innodb_cluster.model.names import ROUTER_ACCOUNT
from tests.contract.mysql import routers
from tests.contract.mysql.certificates import Certificates, make_certificates
from tests.contract.mysql.processes import Processes
from tests.contract.mysql.routers import Router, start_router
from tests.contract.mysql.servers import (
    CLUSTER_ID,
    GROUP_NAME,
    HOST,
    MYSQL_UID,
    Rootfs,
    Server,
    make_group,
    make_servers,
    own,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from innodb_cluster.effects.mysql.connection import Session

ROOT = Path(__file__).parents[3]


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of these tests."""
    config.addinivalue_line("markers", "mysql: runs real mysqld and mysqlrouter processes (needs root)")


@pytest.fixture(scope="session")
def rootfs() -> Rootfs:
    """Give the server image's root file system, built when it is not there yet."""
    return _rootfs("server")


@pytest.fixture(scope="session")
def router_rootfs() -> Rootfs:
    """Give the router image's root file system, built when it is not there yet."""
    return _rootfs("router")


def _rootfs(image: str) -> Rootfs:
    if os.geteuid() != 0:
        pytest.skip("entering a root file system needs root")
    command = [sys.executable, "-m", "ci.images", "rootfs", image]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=600)
    return Rootfs(Path(done.stdout.strip().splitlines()[-1]))


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """Give a directory that is at the same path inside the root file system, and short enough for sockets."""
    directory = Path(tempfile.mkdtemp(prefix="mysql-contract-"))
    os.chown(directory, MYSQL_UID, MYSQL_UID)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def certificates(workplace: Path) -> Certificates:
    """Give certificates that every server and router here uses."""
    files = make_certificates(workplace)
    own(workplace)
    return files


@pytest.fixture(scope="session")
def processes(workplace: Path) -> Iterator[Processes]:
    """Give what starts processes and ends them."""
    started = Processes(workplace)
    yield started
    started.stop_all()


@pytest.fixture(scope="session")
def group(rootfs: Rootfs, workplace: Path, certificates: Certificates, processes: Processes) -> list[Server]:
    """Give a group of three ONLINE members, single-primary, ordinal 0 primary."""
    servers = make_servers(rootfs, workplace, certificates, processes, 3)
    make_group(servers)
    return servers


@pytest.fixture
def primary(group: list[Server]) -> Iterator[Session]:
    """Give a session on the primary."""
    with group[0].root() as session:
        yield session


@pytest.fixture
def registered(group: list[Server], primary: Session) -> list[Server]:
    """Give the group with complete metadata: its members, a router, the routers' account."""
    metadata.ensure_schema(primary)
    metadata.ensure_cluster_row(primary, CLUSTER_ID, "db", GROUP_NAME, "pm")
    metadata.ensure_router_row(primary, CLUSTER_ID, router_row(routers.POD))
    for server in group:
        with server.root() as session:
            metadata.ensure_instance_row(primary, CLUSTER_ID, instance_row_of(server, session))
    metadata.ensure_router_account(primary, ROUTER_ACCOUNT, routers.METADATA_PASSWORD)
    return group


@pytest.fixture(scope="session")
def early_router(
    router_rootfs: Rootfs,
    workplace: Path,
    certificates: Certificates,
    processes: Processes,
    group: list[Server],
) -> Router:
    """Give a router that was started while there was no metadata."""
    with group[0].root() as session:
        session.execute("DROP DATABASE IF EXISTS mysql_innodb_cluster_metadata")
    return start_router(router_rootfs, workplace / "router", certificates, processes, group)


@pytest.fixture
def router(early_router: Router, registered: list[Server]) -> Router:
    """Give a router that knows every server. The first row alone would open every route: reads fall back to it."""
    readers = {server.address for server in registered[1:]}
    wait_until(
        lambda: routes(early_router) and reads_from(early_router) == readers, 20, "the router does not route"
    )
    return early_router


def reads_from(router: Router) -> set[str]:
    """Destinations of route ro, without those of rw: it falls back to them."""
    rest = router.rest()
    return set(rest.destinations("ro")) - set(rest.destinations("rw"))


def routes(router: Router) -> bool:
    """Whether every route has a destination."""
    try:
        return all(router.rest().is_alive(route) for route in router.ports)
    except TemporaryError:
        return False


def instance_row_of(server: Server, session: Session) -> InstanceRow:
    """Give the metadata row of a server."""
    return InstanceRow(
        address=server.address,
        server_uuid=str(session.query("SELECT @@server_uuid AS u")[0]["u"]),
        server_id=server.server_id,
        xaddress=f"{HOST}:{server.xport}",
        gr_address=server.address,
        recovery_account=f"mysql_innodb_cluster_{server.server_id}",
    )
