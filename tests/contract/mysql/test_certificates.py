"""Certificates and CAs that are renewed under running servers and routers."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from innodb_cluster.agent.router_certificate import CertificateWatch
from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.files.certificates import Issued, issue_authority, issue_leaf, newest_first
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.files.store import write_private
from innodb_cluster.effects.mysql.connection import StatementError
from innodb_cluster.effects.mysql.member_actions import perform_on_member
from innodb_cluster.effects.mysql.tls import certificate_life
from innodb_cluster.model.actions import ReloadTls
from innodb_cluster.model.certificates import LEAF_LIFETIME
from tests import handshake
from tests.contract.mysql.conftest import routes
from tests.contract.mysql.servers import HOST, MYSQL_UID, Server, join_group, wait_until, wait_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.mysql.certificates import Certificates
    from tests.contract.mysql.routers import Router

pytestmark = pytest.mark.mysql

UNUSABLE = 3888
"""ER_TLS_LIBRARY_ERROR_INTERNAL."""
VERIFYING = {
    "group_replication_ssl_mode": ("VERIFY_IDENTITY", "REQUIRED"),
    "group_replication_recovery_ssl_ca": ("", ""),
    "group_replication_recovery_ssl_verify_server_cert": ("ON", "OFF"),
}
"""What a strict user sets, and what it is otherwise; the CA's path is that of the test."""


@dataclass(slots=True)
class Renewal:
    """Replaces the files that every server and router here has mounted, as the kubelet does."""

    files: Certificates
    group: list[Server]
    authority: Issued = field(init=False)

    def __post_init__(self) -> None:
        self.renew_authority()

    def renew_authority(self) -> None:
        """Make a new CA; the ones before stay in the bundle."""
        bundle = self.files.ca.read_text()
        self.authority = issue_authority(f"authority {bundle.count('BEGIN')}", datetime.now(UTC))
        put(self.files.ca, newest_first(self.authority.certificate, bundle))

    def renew(self, ends_in: timedelta = LEAF_LIFETIME) -> bytes:
        """Make a certificate by the CA and give it as DER."""
        made = datetime.now(UTC) + ends_in - LEAF_LIFETIME
        leaf = issue_leaf(self.authority, "server", ["localhost", HOST], made, is_rsa=True)
        put(self.files.certificate, leaf.certificate)
        put(self.files.key, leaf.private_key)
        return ssl.PEM_cert_to_DER_cert(leaf.certificate)

    def reload(self) -> None:
        """Let every server load the files, as its agent does."""
        for server in self.group:
            reload(server)

    def presented(self) -> set[bytes]:
        """What the servers present to those that trust the bundle."""
        return {handshake.classic(HOST, server.port, str(self.files.ca)) for server in self.group}


def put(path: Path, text: str) -> None:
    """Replace a file at once, readable for mysqld."""
    write_private(path, text)
    os.chown(path, MYSQL_UID, MYSQL_UID)


def reload(server: Server) -> None:
    """Perform the agent's action."""
    with server.root() as session:
        perform_on_member(ReloadTls("any"), session)


def rejoin(server: Server, group: list[Server]) -> None:
    """Leave the group and join it again: everything between members is connected anew."""
    with server.root(read_seconds=60) as session:
        session.execute("STOP GROUP_REPLICATION")
    join_group(server)
    wait_whole(group)


@pytest.fixture
def renewal(group: list[Server], certificates: Certificates) -> Iterator[Renewal]:
    """Give a renewal that ends with good certificates everywhere and a whole group."""
    found = Renewal(certificates, group)
    yield found
    found.renew()
    found.reload()
    wait_whole(group)


@pytest.fixture
def verifying(group: list[Server], certificates: Certificates) -> Iterator[Server]:
    """Give a member that verifies the others whenever it connects to them."""
    server = group[2]
    for index in (0, 1):
        with server.root(read_seconds=60) as session:
            session.execute("STOP GROUP_REPLICATION")
            for name, values in VERIFYING.items():
                path = str(certificates.ca) if name.endswith("ssl_ca") and index == 0 else ""
                session.execute(f"SET GLOBAL {name} = %s", (path or values[index],))
        join_group(server)
        wait_whole(group)
        if index == 0:
            yield server


def test_a_renewed_certificate_and_authority_are_presented_without_a_restart(renewal: Renewal) -> None:
    """Secondaries are read-only and take it too; no transaction comes of it, and the group goes on."""
    executed = "SELECT @@GLOBAL.gtid_executed AS gtids"
    with renewal.group[0].root() as session:
        before = session.one(executed)
    with renewal.group[1].root(read_seconds=60) as session:  # it may still apply what was written before
        late = session.one("SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 50) AS late", (before["gtids"],))["late"]
        assert (late, session.one(executed)) == (0, before)
    renewal.renew_authority()
    new = renewal.renew()
    assert new not in renewal.presented()
    renewal.reload()
    assert renewal.presented() == {new}
    wait_whole(renewal.group)
    with renewal.group[1].root() as session:
        assert session.one(executed) == before
        life = certificate_life(session)
    assert life is not None
    assert life.ends - life.begins == pytest.approx(LEAF_LIFETIME, abs=timedelta(hours=1))


def test_members_leave_and_join_while_some_have_the_new_authority_and_some_have_not(
    renewal: Renewal, verifying: Server
) -> None:
    """Agents don't act at the same moment; the joining one verifies by the bundle, which it reads at each connection."""
    renewal.renew()
    renewal.reload()
    renewal.renew_authority()
    new = renewal.renew()
    reload(renewal.group[0])
    assert len(renewal.presented()) == 2
    rejoin(verifying, renewal.group)
    renewal.reload()
    rejoin(verifying, renewal.group)
    assert renewal.presented() == {new}


def test_a_certificate_that_has_ended_is_replaced_without_a_restart(renewal: Renewal) -> None:
    """The group itself goes on with it, because it encrypts and does not verify; clients that verify are turned away."""
    renewal.renew(ends_in=timedelta(seconds=4))
    renewal.reload()

    def has_ended() -> bool:
        try:
            renewal.presented()
        except ssl.SSLCertVerificationError:
            return True
        return False

    wait_until(has_ended, 10, "the certificate does not end")
    rejoin(renewal.group[2], renewal.group)
    new = renewal.renew()
    renewal.reload()
    assert renewal.presented() == {new}


@pytest.mark.parametrize("broken", ["half-written key", "another's key", "no authority", "ended"])
def test_files_that_cannot_be_used_leave_what_is_loaded(renewal: Renewal, broken: str) -> None:
    """The server says so by one error number, and serves on."""
    good = renewal.renew()
    renewal.reload()
    files, authority = renewal.files, renewal.files.ca.read_text()
    match broken:
        case "half-written key":
            put(files.key, files.key.read_text()[:100])
        case "another's key":
            put(files.key, issue_leaf(renewal.authority, "other", [HOST], datetime.now(UTC)).private_key)
        case "no authority":
            put(files.ca, "")
        case _:
            renewal.renew(ends_in=timedelta(days=-1))
    try:
        with pytest.raises(StatementError) as refused:
            reload(renewal.group[0])
    finally:
        put(files.ca, authority)
    assert refused.value.errno == UNUSABLE
    assert renewal.presented() == {good}


def test_the_x_protocol_of_a_server_keeps_the_certificate_that_it_started_with(renewal: Renewal) -> None:
    """A limit of MySQL that docs/operations/certificates.md tells of; routers do not verify it."""
    port = renewal.group[0].xport
    before = handshake.x_protocol(HOST, port)
    new = renewal.renew()
    renewal.reload()
    assert handshake.x_protocol(HOST, port) == before != new


def test_a_router_takes_a_renewed_certificate_when_its_agent_orders_it(
    renewal: Renewal, router: Router
) -> None:
    """On every port, after a moment, without a new container; the agent then sees that it is the mounted one."""
    paths = Paths(tls=renewal.files.ca.parent, router_run=router.run)
    watch = CertificateWatch(paths, "db-router-0", router.rest_port, SystemClock())
    new = renewal.renew()
    renewal.reload()
    seen = watch.look()
    assert seen is not None
    assert (seen.is_mounted_one, seen.is_usable, seen.life is not None) == (False, True, True)
    write_private(paths.restart_order, "as the agent does")
    wait_until(lambda: (now := watch.look()) is not None and now.is_mounted_one, 20, "not started again")
    wait_until(lambda: routes(router), 20, "the router does not route")
    assert handshake.https(HOST, router.rest_port) == new
    assert handshake.classic(HOST, router.ports["rw"], str(renewal.files.ca)) == new
    with router.client("rw") as session:
        assert session.one("SELECT 1 AS one") == {"one": 1}
