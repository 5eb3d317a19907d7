"""The agent of a server pod: observes, decides and performs, for ever.

It repairs its own member only. Where it speaks for the group (role labels, metadata),
it does so as the first primary of a group with a majority.
"""

import signal
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import FrameType

import structlog

from innodb_cluster.agent.beside import Beside
from innodb_cluster.agent.certificates import CertificateKeeper
from innodb_cluster.agent.hanging import PERIOD_SECONDS as HEARTBEAT_SECONDS
from innodb_cluster.agent.hanging import HangWatch
from innodb_cluster.agent.http import serve
from innodb_cluster.agent.metrics import Look, Metrics
from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.performing import performer_of
from innodb_cluster.agent.readiness import Readiness
from innodb_cluster.agent.routers import PERIOD_SECONDS as ROUTERS_SECONDS
from innodb_cluster.agent.routers import RouterWatch, look_by_socket
from innodb_cluster.configuration import load_pod
from innodb_cluster.decide.health import classify
from innodb_cluster.decide.labels import decide_labels, leads
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.files.orders import order_end
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.heartbeat import Heartbeat
from innodb_cluster.effects.performer import Performer
from innodb_cluster.effects.routers import router_pods
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.actions import Action, BootstrapGroup, EnsureMetadata, JoinGroup, RecordMode
from innodb_cluster.model.errors import InnodbClusterError, TemporaryError
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.snapshots import SnapshotView
from innodb_cluster.model.state import GroupState

log = structlog.get_logger()

LABEL_SECONDS = 5.0
"""How often the speaker of the group looks at the pods' labels while nothing changes."""
METADATA_SECONDS = 60.0
"""How often it compares the metadata with the group while nothing changes."""
SNAPSHOTS_SECONDS = 30.0
"""How often it looks at the snapshots, for its metrics."""
JOIN_SECONDS = 5.0
"""How long after the server's answer to a join most of them are over."""
JOIN_PAUSE_SECONDS = 0.3
PATIENCE_SECONDS = 15.0
"""How long a wait that a person may have to end lasts before it becomes an Event: every restart passes through some."""
WAITS = frozenset(GroupState) - {
    GroupState.NEW,
    GroupState.ONLINE,
    GroupState.ONLINE_PARTIAL,
    GroupState.OFFLINE,
}
"""States in which an agent does nothing but wait."""


def run() -> int:
    """Run until SIGTERM."""
    configuration = load_pod()
    names = configuration.names
    clock = SystemClock()
    api = KubernetesApi(names.namespace)
    observer = Observer(names, configuration.pod, api, MountedSecrets(), clock)
    readiness = Readiness()
    metrics = Metrics(names.cluster, configuration.pod)
    serve(readiness, metrics)
    agent = Agent(observer, readiness, clock, metrics, CertificateKeeper(observer))
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    routers = RouterWatch(observer, look_by_socket)
    hanging = HangWatch(observer, Heartbeat().beat, order_end)
    beside = (
        Beside("watch over the routers", routers.step, ROUTERS_SECONDS, stop),
        Beside("watch over a server that hangs", hanging.step, HEARTBEAT_SECONDS, stop),
    )
    for each in beside:
        each.start()
    log.info("agent started", pod=configuration.pod)
    while not stop.is_set():
        stop.wait(agent.step())
    return int(any(each.has_crashed for each in beside))


@dataclass(slots=True)
class Agent:
    """What one agent remembers between its steps."""

    observer: Observer
    readiness: Readiness
    clock: Clock
    metrics: Metrics
    certificates: CertificateKeeper
    _said: str = ""
    _said_seconds: float = float("-inf")
    _waits_quietly: bool = False
    _labelled: tuple[object, float] = field(default=((), float("-inf")))
    _registered: tuple[object, float] = field(default=((), float("-inf")))
    _snapshots_seconds: float = float("-inf")
    _joined_seconds: float = float("-inf")

    def step(self) -> float:
        """Observe, decide and perform once; give the seconds until the next step."""
        try:
            observation = self.observer.observe()
            self.readiness.learn(self.observer.record, known=self.observer.settings is not None)
            if observation is None:
                return 1.0
            plan = decide_repair(observation, self.observer.pod)
            self.metrics.learn(Look(observation, plan, self.clock.now()))
            self._say(plan)
            self._keep_certificate(observation)
            self._perform(plan.actions, observation)
            self._speak_for_the_group(observation)
        except InnodbClusterError as error:
            self._say_failure(error)
            return 1.0
        return self._pause(plan)

    def _pause(self, plan: Plan) -> float:
        """Give the seconds until the next step: fewer after a join, for its pod is ready when the agent has seen the end of it."""
        now = self.clock.monotonic_seconds()
        if any(isinstance(action, JoinGroup) for action in plan.actions):
            self._joined_seconds = now
        if now - self._joined_seconds < JOIN_SECONDS:
            return min(plan.requeue_after_seconds, JOIN_PAUSE_SECONDS)
        return plan.requeue_after_seconds

    def _perform(self, actions: Iterable[Action], observation: Observation) -> None:
        if observation.record is None:
            return
        performer = self._performer(observation)
        for action in actions:
            with self.metrics.counted(action):
                performer.perform(action, observation.record)

    def _keep_certificate(self, observation: Observation) -> None:
        """Before anything else: a server may need a good one before it can join."""
        if observation.record is not None and observation.server(self.observer.pod) is not None:
            self.certificates.step(lambda action: self._perform((action,), observation))
            self.metrics.learn_certificate(self.certificates.life)

    def _performer(self, observation: Observation) -> Performer:
        return performer_of(
            self.observer, self.observer.pod, observation, self._observe_anew, self._may_bootstrap
        )

    def _observe_anew(self) -> Observation:
        fresh = self.observer.refresh(0.0)
        observation = self.observer.observe()
        if observation is None or not fresh:
            reason = "the record cannot be read: without it no group is started"
            raise TemporaryError(reason)
        return observation

    def _may_bootstrap(self, observation: Observation, action: BootstrapGroup) -> bool:
        return action in decide_repair(observation, self.observer.pod).actions

    def _speak_for_the_group(self, observation: Observation) -> None:
        health = classify(observation)
        record = observation.record
        if record is None or not record.is_bootstrapped or not leads(health, self.observer.pod):
            self.metrics.learn_snapshots(None)
            self._snapshots_seconds = float("-inf")
            return
        actions: list[Action] = []
        now = self.clock.monotonic_seconds()
        view = tuple((member.pod, member.state, member.role) for member in health.view)
        labels_are_due = self._labelled[0] != view or now - self._labelled[1] > LABEL_SECONDS
        if labels_are_due:
            pods = self.observer.api.list_pods(observation.settings.names, "server")
            actions += decide_labels(health, {pod.name: pod.role for pod in pods})
        # Asked every time: a router fills its row in at its start, once, and only where there is one by then.
        there = (view, router_pods(self.observer.api, observation.settings))
        if self._registered[0] != there or now - self._registered[1] > METADATA_SECONDS:
            observation = self._with_settings_of_now(observation)
            mode = health.authority.mode if health.authority else observation.settings.topology_mode
            actions.append(EnsureMetadata(self.observer.pod, mode))
        if health.authority and record.topology_mode != health.authority.mode:
            actions.append(RecordMode(health.authority.mode))
        for action in actions:
            self._perform([action], observation)
            if isinstance(action, EnsureMetadata):
                self._registered = (there, now)
        if labels_are_due:
            self._labelled = (view, now)
        if now - self._snapshots_seconds > SNAPSHOTS_SECONDS:
            self._snapshots_seconds = now
            self.metrics.learn_snapshots(self._list_snapshots(observation))

    def _with_settings_of_now(self, observation: Observation) -> Observation:
        """Read them again: by those that were true before an upgrade a new member's row would not belong there, and go."""
        if not self.observer.refresh(0.0) or self.observer.settings is None:
            reason = "the settings cannot be read: the metadata stays as it is"
            raise TemporaryError(reason)
        return replace(observation, settings=self.observer.settings, record=self.observer.record)

    def _list_snapshots(self, observation: Observation) -> Sequence[SnapshotView] | None:
        """Metrics alone want them: a Kubernetes without VolumeSnapshots, or away, keeps nothing else waiting."""
        with suppress(InnodbClusterError):
            return self.observer.api.list_snapshots(observation.settings.names)
        return None

    def _say(self, plan: Plan) -> None:
        now = self.clock.monotonic_seconds()
        if plan.because == self._said:
            if self._waits_quietly and now - self._said_seconds > PATIENCE_SECONDS:
                self._waits_quietly = False
                self._emit("Waiting", plan.because, warning=True)
            return
        self._said, self._said_seconds = plan.because, now
        self._waits_quietly = plan.state in WAITS and not plan.refusal
        names = tuple(type(action).__name__ for action in plan.actions)
        log.info(plan.because, state=plan.state.value, actions=names)
        if plan.refusal:
            log.error("refused", reason=plan.refusal.reason, what_to_do=plan.refusal.what_to_do)
            self._emit("Refused", f"{plan.refusal.reason}: {plan.refusal.what_to_do}", warning=True)
        elif plan.actions:
            self._emit("Repairing", plan.because, warning=False)

    def _emit(self, reason: str, message: str, *, warning: bool) -> None:
        self.observer.api.emit_event(self.observer.pod, reason, message, warning=warning)

    def _say_failure(self, error: InnodbClusterError) -> None:
        if error.reason != self._said:
            self._said = error.reason
            log.warning("not done, trying again", reason=error.reason)
