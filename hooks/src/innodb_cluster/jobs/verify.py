"""``innodb-cluster verify``, the ``helm test``: is the cluster true to its values?

Prints a line for each check and the status document at the end; exit status 0 only when
every check holds. It changes nothing but a schema of its own, which it drops.
"""

import json
import secrets as chance
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from innodb_cluster.configuration import load_job
from innodb_cluster.decide import verification as decide
from innodb_cluster.decide.verification import Check, Comparison, RouterAnswer
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql import verification as sql
from innodb_cluster.effects.mysql.connection import Session, Timeouts, connect_tcp
from innodb_cluster.effects.router_rest import RouterAddress, RouterRest
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.members import MemberSessions
from innodb_cluster.jobs.status import document_of
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT
from innodb_cluster.model.routes import ROUTES
from innodb_cluster.model.settings import Settings, TopologyMode

READ_PORT = 6447
PATIENCE_SECONDS = 15.0
"""How long a state that may just be changing (a router's view, an endpoint) is looked at again."""
SYNC_SECONDS = 30.0
"""How long a member may take to execute what the others have."""
CHECKSUM_SECONDS = 120.0
MAX_TABLES = 200
MAX_TABLE_BYTES = 256 * 1024 * 1024
MAX_ATTEMPTS = 5
PAUSE_SECONDS = 0.5

_TIMEOUTS = Timeouts(connect_seconds=3, read_seconds=int(CHECKSUM_SECONDS))

Connector = Callable[[], Session]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Targets:
    """What is tested, and how to reach it."""

    cluster_name: str
    members: Mapping[str, Connector]
    """Configured members by address, with the rights of an administrator."""
    write: Connector
    """A client's session for writes."""
    read: Connector
    """A client's session for reads."""
    mode: TopologyMode | None
    primary: str
    """Address that the values ask for as primary; empty without one."""
    routers: Callable[[], Mapping[str, RouterRest | None]]
    """Routers by pod; None for one without an address yet."""
    router_count: int


def run() -> int:
    """Test the cluster of this release; 0 when all is true, 1 when something is not."""
    settings = load_job().parsed_settings()
    verification = Verification(
        targets_of(settings, KubernetesApi(settings.names.namespace), MountedSecrets())
    )
    return verification.run()


def targets_of(settings: Settings, api: KubernetesApi, secrets: MountedSecrets) -> Targets:
    """Reach everything through the names that clients and members use."""
    names = settings.names
    service = f"{settings.service_name}.{names.namespace}.svc.{names.domain}"

    def client(port: int) -> Connector:
        return lambda: connect_tcp(
            service, port, secrets.root_user, secrets.root_password, timeouts=_TIMEOUTS
        )

    def member(pod: str) -> Connector:
        host = names.host(pod)
        return lambda: connect_tcp(
            host, MYSQL_PORT, ADMIN_ACCOUNT, secrets.admin_password, timeouts=_TIMEOUTS
        )

    def routers() -> dict[str, RouterRest | None]:
        return {
            pod.name: RouterRest(RouterAddress(pod.ip, service), secrets.rest_password) if pod.ip else None
            for pod in api.list_pods(names, "router")
            if not pod.deleting
        }

    return Targets(
        cluster_name=names.cluster,
        members={names.address(pod): member(pod) for pod in settings.pods},
        write=client(MYSQL_PORT),
        read=client(READ_PORT),
        mode=settings.topology_mode if settings.topology_mode_is_asked else None,
        primary=names.address(settings.topology_primary) if settings.topology_primary else "",
        routers=routers,
        router_count=settings.router_instances,
    )


class Verification:
    """One run of the test."""

    def __init__(
        self, targets: Targets, clock: Clock | None = None, say: Callable[[str], object] | None = None
    ) -> None:
        """Get ready; nothing is asked yet."""
        self._targets = targets
        self._clock = clock or SystemClock()
        self._say = say or _say
        self._token = chance.token_hex(16)
        self.checks: list[Check] = []

    def run(self) -> int:
        """Run every check, whatever the others gave; say how it ended."""
        try:
            self._check("write and read", self._write_and_read if self._has_routers else _no_way_in)
            self._check_state()
            self._check("transactions", self._transactions)
            self._check("tables", self._tables)
            self._check_routers()
        finally:
            if self._has_routers:
                self._check("clean up", self._clean_up)
        self._say(json.dumps(self._document(), indent=4))
        failed = [check.name for check in self.checks if not check.ok]
        self._say(
            f"{len(failed)} of {len(self.checks)} checks FAILED: {', '.join(failed)}"
            if failed
            else "all true"
        )
        return 1 if failed else 0

    @property
    def _has_routers(self) -> bool:
        return self._targets.router_count > 0

    def _check(self, name: str, look: Callable[[], Check]) -> None:
        try:
            self._tell(look())
        except InnodbClusterError as error:
            self._tell(Check(name, ok=False, detail=error.reason, what_to_do=error.what_to_do))

    def _tell(self, check: Check) -> None:
        self.checks.append(check)
        self._say(check.line)

    def _write_and_read(self) -> Check:
        written = self._patiently(self._write)
        with self._targets.read() as session:
            if not sql.wait_for_transactions(session, written, SYNC_SECONDS):
                detail = f"what was written did not reach the member behind {READ_PORT} in {SYNC_SECONDS:g} s"
                return Check("write and read", ok=False, detail=detail, what_to_do=decide.READ_THE_AGENT)
            ok = sql.read_probe(session, self._token)
        found = "is read" if ok else "can not be read"
        detail = f"what was written through {MYSQL_PORT} {found} through {READ_PORT}"
        return Check("write and read", ok=ok, detail=detail)

    def _write(self) -> GtidSet:
        with self._targets.write() as session:
            return sql.write_probe(session, self._token)

    def _clean_up(self) -> Check:
        with self._targets.write() as session:
            sql.drop_left_behind(session)
        return Check("clean up", ok=True, detail="the test's own schema is dropped")

    def _document(self) -> dict[str, Any]:
        targets = self._targets
        return document_of(targets.cluster_name, tuple(targets.members), targets.members)

    def _check_state(self) -> None:
        def look() -> list[Check]:
            document = self._document()
            return [
                decide.check_members(document, tuple(self._targets.members)),
                decide.check_topology(document, self._targets.mode, self._targets.primary),
            ]

        for check in self._until_true(look):
            self._tell(check)

    def _transactions(self) -> Check:
        with self._sessions() as members:
            reference = GtidSet()
            for executed in members.ask(sql.read_executed).values():
                reference |= executed
            members.ask(lambda session: sql.wait_for_transactions(session, reference, SYNC_SECONDS))
            return decide.check_transactions(reference, members.ask(sql.read_executed))

    def _tables(self) -> Check:
        with self._sessions() as members:
            tables = {table for found in members.ask(sql.read_tables).values() for table in found}
            largest: dict[str, sql.Table] = {}
            for table in sorted(tables, key=lambda table: table.size_bytes):
                largest[table.full_name] = table
            small = [table for table in largest.values() if table.size_bytes <= MAX_TABLE_BYTES][:MAX_TABLES]
            skipped = largest.keys() - {table.full_name for table in small}
            compared: dict[str, Comparison] = {}
            end = self._clock.monotonic_seconds() + CHECKSUM_SECONDS
            for table in small:
                if self._clock.monotonic_seconds() > end:
                    skipped.add(table.full_name)
                else:
                    compared[table.full_name] = _compare(members, table)
            return decide.check_tables(compared, skipped)

    def _sessions(self) -> MemberSessions[Session]:
        return MemberSessions(self._targets.members, CHECKSUM_SECONDS)

    def _check_routers(self) -> None:
        def look() -> list[Check]:
            primaries, readable = decide.expected_destinations(self._document())
            routers = self._targets.routers()
            answers = [_ask_router(name, rest) for name, rest in routers.items()]
            return [
                decide.check_router_count(len(routers), self._targets.router_count),
                *(decide.check_router(answer, primaries, readable) for answer in answers),
            ]

        try:
            checks = self._until_true(look)
        except InnodbClusterError as error:
            checks = [Check("routers", ok=False, detail=error.reason, what_to_do=error.what_to_do)]
        for check in checks:
            self._tell(check)

    def _patiently(self, act: Callable[[], Result]) -> Result:
        """Do it again while it fails, for a while; then let it fail."""
        end = self._clock.monotonic_seconds() + PATIENCE_SECONDS
        while True:
            try:
                return act()
            except InnodbClusterError:
                if self._clock.monotonic_seconds() > end:
                    raise
            self._clock.sleep(PAUSE_SECONDS)

    def _until_true(self, look: Callable[[], list[Check]]) -> list[Check]:
        """Look again while something is not true, for a while."""
        end = self._clock.monotonic_seconds() + PATIENCE_SECONDS
        while True:
            checks = look()
            if all(check.ok for check in checks) or self._clock.monotonic_seconds() > end:
                return checks
            self._clock.sleep(PAUSE_SECONDS)


def _no_way_in() -> Check:
    detail = "not tried: routerInstances is 0, so clients have no way in through the Service"
    return Check("write and read", ok=True, detail=detail)


def _compare(members: MemberSessions[Session], table: sql.Table) -> Comparison:
    result = Comparison.MOVED
    for _ in range(MAX_ATTEMPTS):
        sums = members.ask(lambda session: sql.read_checksum(session, table))
        result = decide.compare_table(sums.values())
        if result is not Comparison.MOVED:
            break
    return result


def _ask_router(name: str, rest: RouterRest | None) -> RouterAnswer:
    if rest is None:
        return RouterAnswer(name, failure="the pod has no address yet")
    try:
        return RouterAnswer(
            name,
            dead_routes=tuple(route.name for route in ROUTES if not rest.is_alive(route.name)),
            writes_to=rest.destinations("rw"),
            reads_from=rest.destinations("ro"),
        )
    except InnodbClusterError as error:
        return RouterAnswer(name, failure=error.reason)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
