"""The agent's metrics: what its loop saw last, as Prometheus reads it.

Nothing is asked for a scrape: it answers while the loop waits for a server, and says when
the loop looked last. Names and alert rules are in ``docs/operations/metrics.md``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from innodb_cluster.decide.health import classify
from innodb_cluster.model.actions import Action
from innodb_cluster.model.certificates import CertificateLife
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.observation import MemberRole, MemberState, Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.snapshots import SnapshotView
from innodb_cluster.model.state import GroupState

PREFIX = "innodb_cluster_"
NEVER = datetime.fromtimestamp(0, UTC)
ROLES = (MemberRole.PRIMARY, MemberRole.SECONDARY)


@dataclass(frozen=True, slots=True)
class Look:
    """One turn of the loop."""

    observation: Observation
    plan: Plan
    moment: datetime


@dataclass(slots=True, eq=False)
class Metrics(Collector):
    """Written by the loop, read by the threads that answer scrapes: each field is replaced as a whole."""

    cluster: str
    pod: str
    _look: Look | None = None
    _snapshots: Sequence[SnapshotView] | None = None
    _certificate: CertificateLife | None = None
    _actions: Counter[tuple[str, str]] = field(default_factory=Counter)

    def learn(self, look: Look) -> None:
        """Take over what the loop has seen and decided."""
        self._look = look

    def learn_snapshots(self, snapshots: Sequence[SnapshotView] | None) -> None:
        """Take over the cluster's snapshots; None where there are none to be had, or another agent tells."""
        self._snapshots = snapshots

    def learn_certificate(self, life: CertificateLife | None) -> None:
        """Take over the life of the certificate that the server has loaded."""
        self._certificate = life

    @contextmanager
    def counted(self, action: Action) -> Iterator[None]:
        """Count an action by how it ends."""
        name = type(action).__name__
        try:
            yield
        except InnodbClusterError:
            self._actions[name, "failed"] += 1
            raise
        self._actions[name, "done"] += 1

    def render(self) -> bytes:
        """Give everything in Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterable[Metric]:
        """Give the families, for the library."""
        actions = CounterMetricFamily(
            f"{PREFIX}actions", "Actions of this agent", labels=("cluster", "action", "outcome")
        )
        for (name, outcome), count in sorted(self._actions.copy().items()):
            actions.add_metric((self.cluster, name, outcome), count)
        yield actions
        if self._look is not None:
            yield from self._seen(self._look)
        if self._certificate is not None:
            ends = "When the certificate ends that this server has loaded"
            yield self._gauge("certificate_end_timestamp_seconds", ends, self._certificate.ends.timestamp())
        if self._snapshots is not None:
            yield from self._taken(self._snapshots)

    def _seen(self, look: Look) -> Iterator[Metric]:
        observation, record = look.observation, look.observation.record
        health, own = classify(observation), observation.server(self.pod)
        yield self._states(
            "member_state",
            "1 for this member's state, by its own word",
            MemberState,
            own.state if own else None,
        )
        yield self._states(
            "member_role", "1 for this member's role in the group", ROLES, own.role if own else None
        )
        if own is not None:
            behind = "Transactions that this member has received and not yet applied"
            yield self._gauge("member_backlog_transactions", behind, own.backlog)
        yield self._states(
            "group_state", "1 for the group's state, as this agent sees it", GroupState, health.state
        )
        configured = observation.settings.server_instances
        yield self._gauge("members_configured", "Members that the values ask for", configured)
        yield self._gauge("members_online", "Members that the majority sees ONLINE", len(health.online))
        refusing = "1 while this agent refuses to act: its log and an Event say why"
        yield self._gauge("refusing", refusing, look.plan.refusal is not None)
        restoring = record is not None and bool(record.restore_phase)
        yield self._gauge("restoring", "1 while a restore in place is under way", restoring)
        when = "When this agent looked last"
        yield self._gauge("observation_timestamp_seconds", when, look.moment.timestamp())

    def _taken(self, snapshots: Sequence[SnapshotView]) -> Iterator[Metric]:
        counts = {
            "ready": sum(view.is_ready for view in snapshots),
            "failed": sum(bool(view.error) and not view.is_ready for view in snapshots),
            "pending": sum(not view.error and not view.is_ready for view in snapshots),
        }
        yield self._gauges("snapshots", "VolumeSnapshots of this cluster's servers", "state", counts)
        newest = max((view.created for view in snapshots if view.is_ready), default=NEVER)
        what = "When the newest snapshot was asked for that can be restored from; 0: there is none"
        yield self._gauge("snapshot_newest_timestamp_seconds", what, newest.timestamp())

    def _gauge(self, name: str, what: str, value: float) -> Metric:
        family = GaugeMetricFamily(PREFIX + name, what, labels=("cluster",))
        family.add_metric((self.cluster,), value)
        return family

    def _states(self, name: str, what: str, states: Iterable[str], now: str | None) -> Metric:
        """Give one sample for each state: 1 for the one that holds, so that none is missed when it goes."""
        label = name.rpartition("_")[2]
        return self._gauges(name, what, label, {str(state): int(state == now) for state in states})

    def _gauges(self, name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
        family = GaugeMetricFamily(PREFIX + name, what, labels=("cluster", label))
        for value, number in values.items():
            family.add_metric((self.cluster, value), number)
        return family
