"""Agents and Jobs of the product, set up on the modelled servers and the modelled API.

All of their code is the product's: observer, loop, converge, decisions, performer, Lease, record.
Replaced are: the look at the other servers, which goes from one to the next instead of
in parallel, so that the world may change in between (not while one server answers); an
agent's way to its own server, and to its supervisor; what accounts and metadata are made of, which is a transaction
each; certificates, which nobody renews; and what a Job waits for besides servers (routers,
rollouts), which is always there. Texts that were read before are not parsed again: that alone
is half of the time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from types import SimpleNamespace
from typing import cast

import pytest
import structlog

from innodb_cluster.agent import certificates, observer
from innodb_cluster.agent.certificates import CertificateKeeper
from innodb_cluster.agent.loop import Agent
from innodb_cluster.agent.metrics import Metrics
from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.readiness import Readiness
from innodb_cluster.effects import performer
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes import configmaps
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql import members
from innodb_cluster.effects.mysql.connection import QUICK, Session, Timeouts, UnreachableError
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.effects.performer import Performer
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs import converge, scale_down
from innodb_cluster.jobs.converge import Converge
from innodb_cluster.jobs.scale_down import ScaleDown
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.gtid import parse_gtid_set
from innodb_cluster.model.observation import ServerView
from innodb_cluster.model.settings import Settings, parse_settings
from tests.simulation.kubernetes import NAMES, Cluster, SimulatedApi, SimulatedTransport
from tests.simulation.replication import Replication
from tests.simulation.scheduling import Actor
from tests.simulation.sessions import RESTART, WRITE, SimulatedSession

IDLE = "idle"
"""Where an agent is between two steps."""
JOB_HOST = "job"
"""Where Jobs run, for what they reach."""


@dataclass(slots=True)
class Time:
    """The one clock of a simulated world; it moves only when the test says so."""

    seconds: float = 0.0
    wrong_by_seconds: float = 0.0
    """How far the clocks that tell the date are off: these may jump."""


class SimulatedClock:
    """A clock whose sleeper stops until the test lets it go on."""

    def __init__(self, time: Time, pause: Callable[[str], None]) -> None:
        self._time = time
        self._pause = pause

    def now(self) -> datetime:
        seconds = self._time.seconds + self._time.wrong_by_seconds
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    def monotonic_seconds(self) -> float:
        return self._time.seconds

    def sleep(self, seconds: float) -> None:
        self._pause("sleep")


SECRETS = cast(
    "MountedSecrets",
    SimpleNamespace(
        admin_password="admin",
        recovery_secret="recovery",
        router_password="router",
        root_user="root",
        root_host="%",
        root_password="root",
    ),
)
"""Passwords that need no volume."""


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What every actor of a world shares."""

    time: Time
    cluster: Cluster
    replication: Replication
    blocked: set[tuple[str, str]]
    """Pairs of an actor's host and a pod whose server it does not reach."""
    refusals: list[tuple[str, str]]
    """Who refused to go on, and why."""

    def connect(self, actor: Actor, host: str, pod: str, timeouts: Timeouts) -> Session:
        """Open a session from a host: a pod's own agent needs neither network nor name."""

        def is_blocked() -> bool:
            return (host, pod) in self.blocked

        session = SimulatedSession(
            actor, self.replication, pod, timeouts, lambda: self.time.seconds, is_blocked
        )
        is_found = self.replication.names_resolve and self.replication.servers[pod].has_known_address
        if host != pod and not is_found:
            reason = "no server under this name"
            raise UnreachableError(reason)
        return session

    def api(self, actor: Actor, clock: Clock) -> KubernetesApi:
        """Give an actor its own client, with the memory that Leases need."""

        def tell(about: str, reason: str, message: str) -> None:
            if reason == "Refused":
                self.refusals.append((about, message))

        return SimulatedApi(SimulatedTransport(self.cluster, actor), clock, tell)


class _SimulatedObserver(Observer):
    """An observer whose sessions lead into the model."""

    open_session: Callable[[str, Timeouts], Session]

    def connect(self, pod: str, timeouts: Timeouts) -> Session:
        return self.open_session(pod, timeouts)

    def _look_at_own(self) -> ServerView | None:
        try:
            with self.connect(self.pod, QUICK) as session:
                return look(session, self.pod)
        except InnodbClusterError:
            return None


def start_agent(surroundings: Surroundings, pod: str) -> Actor:
    """Start an agent process: it makes step after step until it is killed."""

    def body() -> None:
        clock = SimulatedClock(surroundings.time, actor.pause)
        watcher = _SimulatedObserver(NAMES, pod, surroundings.api(actor, clock), SECRETS, clock)
        watcher.open_session = lambda to, timeouts: surroundings.connect(actor, pod, to, timeouts)
        agent = Agent(watcher, Readiness(), clock, Metrics(NAMES.cluster, pod), CertificateKeeper(watcher))
        while True:
            agent.step()
            actor.pause(IDLE)

    actor = Actor(pod, body)
    return actor


def start_job(surroundings: Surroundings, name: str, on_end: Callable[[str], None]) -> Actor:
    """Start a converge Job; ``on_end`` hears ``done`` or why it stopped."""

    def body() -> None:
        clock = SimulatedClock(surroundings.time, actor.pause)
        settings = parse_settings(surroundings.cluster.settings_text)
        try:
            _SimulatedConverge(actor, surroundings, settings, clock).run()
        except InnodbClusterError as error:
            on_end(f"{type(error).__name__}: {error}")
        else:
            on_end("done")

    actor = Actor(name, body)
    return actor


def start_scale_down(
    surroundings: Surroundings, name: str, server_instances: int, on_end: Callable[[str], None]
) -> Actor:
    """Start the part of a prepare Job that lets members leave; ``on_end`` hears ``done`` or why it stopped."""

    def body() -> None:
        clock = SimulatedClock(surroundings.time, actor.pause)
        settings = replace(
            parse_settings(surroundings.cluster.settings_text), server_instances=server_instances
        )

        def connect(pod: str, timeouts: Timeouts) -> Session:
            return surroundings.connect(actor, JOB_HOST, pod, timeouts)

        job = ScaleDown(settings, surroundings.api(actor, clock), clock, lambda: connect)
        try:
            job.run(clock.monotonic_seconds() + settings.job_deadline_seconds)
        except InnodbClusterError as error:
            on_end(f"{type(error).__name__}: {error}")
        else:
            on_end("done")

    actor = Actor(name, body)
    return actor


class _SimulatedConverge(Converge):
    """A Job whose sessions lead into the model."""

    def __init__(
        self, actor: Actor, surroundings: Surroundings, settings: Settings, clock: SimulatedClock
    ) -> None:
        self._actor = actor
        self._surroundings = surroundings
        super().__init__(settings, surroundings.api(actor, clock), SECRETS, clock)
        self._performer = replace(self._performer, actor=actor.name)

    def _connect(self, pod: str, timeouts: Timeouts) -> Session:
        return self._surroundings.connect(self._actor, JOB_HOST, pod, timeouts)


def _look_one_by_one(
    pods: Sequence[str], connect: Callable[[str], Session]
) -> tuple[tuple[ServerView, ...], dict[str, str]]:
    servers, silent = [], {}
    for pod in pods:
        try:
            with connect(pod) as session:
                servers.append(look(session, pod))
        except InnodbClusterError as error:
            silent[pod] = error.reason
    return tuple(servers), silent


class _Accounts:
    """Stands for ``effects.mysql.accounts``."""

    @staticmethod
    def ensure_recovery_accounts(session: Session, *_: object) -> None:
        session.execute(WRITE)

    @staticmethod
    def forget_recovery_accounts(session: Session, *_: object) -> None:
        """The transaction before stands for it."""

    @staticmethod
    def ensure_root(session: Session, *_: object) -> None:
        session.execute(WRITE)

    @staticmethod
    def ensure_router(session: Session, *_: object) -> None:
        """The metadata's transaction stands for it."""


def _register(session: Session, *_: object) -> None:
    session.execute(WRITE)


def _restart(self: Performer, pod: str) -> None:
    with self.connect(pod, QUICK) as session:
        session.execute(RESTART)


@contextmanager
def product_in_the_model() -> Iterator[None]:
    """Put the replacements in place, and switch the log off."""
    before = structlog.get_config()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observer, "look_at_all", _look_one_by_one)
        patch.setattr(converge, "look_at_all", _look_one_by_one)
        patch.setattr(scale_down, "look_at_all", _look_one_by_one)
        for what in ("not_routing", "unsettled_workloads"):
            patch.setattr(converge, what, lambda *_: ())
        patch.setattr(converge, "describe_obstacles", lambda *_: "")
        patch.setattr(performer, "accounts", _Accounts)
        patch.setattr(performer, "register", _register)
        patch.setattr(Performer, "restart_server", _restart)
        patch.setattr(certificates, "fingerprint", lambda *_: "")
        patch.setattr(performer, "uuid4", map("{:036d}".format, count(1)).__next__)
        patch.setattr(members, "parse_gtid_set", lru_cache(maxsize=10_000)(parse_gtid_set))
        patch.setattr(configmaps, "parse_settings", lru_cache(parse_settings))
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
        try:
            yield
        finally:
            structlog.configure(**before)
