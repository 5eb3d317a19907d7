"""The post-install and post-upgrade Job: brings the cluster to what the values ask for.

It observes, decides and performs until the plan says that nothing is left, or refuses.
Killing it at any moment is safe: the next run starts from what it then sees.
"""

import os
from dataclasses import replace

import structlog

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.foresight import foresee
from innodb_cluster.decide.health import classify
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import Session, Timeouts, connect_tcp
from innodb_cluster.effects.mysql.members import look_at_all
from innodb_cluster.effects.performer import Performer
from innodb_cluster.effects.routers import not_routing, router_pods
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.jobs.obstacles import describe_obstacles, unsettled_workloads
from innodb_cluster.jobs.restore import look_at_restore
from innodb_cluster.jobs.rollout import RolloutWatch
from innodb_cluster.jobs.topology import TopologyWatch
from innodb_cluster.model.actions import (
    Action,
    BootstrapGroup,
    EnsureAccounts,
    EnsureMetadata,
    SetOptions,
    describe,
)
from innodb_cluster.model.errors import InnodbClusterError, OutOfTimeError, RefusedError
from innodb_cluster.model.names import ADMIN_ACCOUNT, MYSQL_PORT
from innodb_cluster.model.observation import Observation, pods_that_count
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import Settings

log = structlog.get_logger()

RETRY_SECONDS = 0.5
"""What could not be done is tried again after at least as long."""
REPEAT_SECONDS = 15.0
"""How often a wait that does not change is reported again."""


def run(settings: Settings) -> int:
    """Run until the cluster is whole.

    Raises:
        RefusedError: going on would lose data or split the group.
        OutOfTimeError: the deadline has passed; the message names what was waited for.

    """
    return Converge(settings, KubernetesApi(settings.names.namespace), MountedSecrets(), SystemClock()).run()


class Converge:
    """One run of the Job."""

    def __init__(self, settings: Settings, api: KubernetesApi, secrets: MountedSecrets, clock: Clock) -> None:
        """Get ready; nothing is asked yet."""
        self._settings = settings
        self._api = api
        self._secrets = secrets
        self._clock = clock
        self._progress = Progress()
        self._reported = ("", 0.0)
        self._started = clock.monotonic_seconds()
        self._topology = TopologyWatch(self._connect, clock)
        self._rollout = RolloutWatch(api, settings)
        self._failure = ""
        self._silent: dict[str, str] = {}
        self._announced = False
        self._inherited_safety: str | None = None
        self._performer = Performer(
            clock=clock,
            actor=os.environ.get("HOSTNAME", "converge"),
            settings=settings,
            api=api,
            connect=self._connect,
            secrets=secrets,
            observe=self._observe,
            may_bootstrap=self._may_bootstrap,
        )

    def run(self) -> int:
        """Observe, decide, perform, until done, refused or out of time."""
        while True:
            plan, observation = self._decide()
            self._announce(observation)
            self._report(plan)
            if plan.refusal:
                raise RefusedError(plan.refusal.reason, plan.refusal.what_to_do)
            if plan.done:
                log.info("done", seconds=round(self._elapsed_seconds, 1))
                return 0
            if self._elapsed_seconds > self._settings.job_deadline_seconds:
                raise OutOfTimeError(
                    f"out of time: {plan.because}{self._failure}{self._obstacles}",
                    "mend that and run helm upgrade",
                )
            is_done = all(self._try(action, observation) for action in plan.actions)
            self._clock.sleep(
                plan.requeue_after_seconds if is_done else max(plan.requeue_after_seconds, RETRY_SECONDS)
            )

    def _decide(self) -> tuple[Plan, Observation]:
        observation = self._observe()
        health = classify(observation)
        complete = set(self._settings.pods) <= set(health.online)
        waiting = not_routing(self._api, self._settings, self._secrets) if complete else ()
        rollouts = unsettled_workloads(self._api, self._settings) if complete and not waiting else ()
        if self._inherited_safety is None and observation.record:
            self._inherited_safety = observation.record.restore_safety
        inherited = self._inherited_safety or ""
        restore = look_at_restore(self._api, self._settings, observation.record, inherited)
        routers = router_pods(self._api, self._settings) if complete else ()
        self._progress = replace(
            self._progress,
            routers=routers,
            routers_waited_for=waiting,
            rollouts_waited_for=rollouts,
            restore=restore,
        )
        self._progress = self._topology.look(observation, health, self._progress)
        self._progress = self._rollout.look(self._progress)
        return decide_creation(observation, self._progress), observation

    def _observe(self) -> Observation:
        found = self._api.read_record(self._settings.names)
        record = found[0] if found else None
        pods = pods_that_count(self._settings, record)
        servers, self._silent = look_at_all(pods, lambda pod: self._connect(pod, Timeouts(2, 3)))
        return Observation(self._settings, record, servers, tuple(self._silent))

    def _may_bootstrap(self, observation: Observation, action: BootstrapGroup) -> bool:
        return action in decide_creation(observation, self._progress).actions

    def _connect(self, pod: str, timeouts: Timeouts) -> Session:
        host = self._settings.names.host(pod)
        return connect_tcp(host, MYSQL_PORT, ADMIN_ACCOUNT, self._secrets.admin_password, timeouts=timeouts)

    def _try(self, action: Action, observation: Observation) -> bool:
        """Perform one action; a failure is reported, and the next observation decides anew."""
        if observation.record is None:
            return False
        log.info("doing", action=describe(action))
        try:
            if isinstance(action, SetOptions):
                self._rollout.learn_outcome(self._performer.set_options(action))
            else:
                self._performer.perform(action, observation.record)
        except RefusedError:
            raise
        except InnodbClusterError as error:
            log.warning("not done", action=type(action).__name__, reason=error.reason)
            self._rollout.learn_failure(action, error)
            self._failure = f"; last failure: {error.reason}"
            return False
        self._rollout.learn(action)
        self._failure = ""
        if isinstance(action, EnsureAccounts):
            self._progress = replace(self._progress, accounts_done=True)
        if isinstance(action, EnsureMetadata):
            self._progress = replace(
                self._progress,
                metadata_members=classify(observation).online,
                metadata_mode=action.mode,
                metadata_routers=self._progress.routers,
            )
        return True

    def _announce(self, observation: Observation) -> None:
        """Say once, before anything is done to a whole cluster, all that an upgrade is to change."""
        is_creation = observation.record is None or not observation.record.is_bootstrapped
        self._announced = self._announced or is_creation
        if self._announced:
            return
        for number, line in enumerate(foresee(observation, self._progress), start=1):
            self._announced = True
            log.info("to change", number=number, what=line)

    def _report(self, plan: Plan) -> None:
        because, when = self._reported
        is_repeated = plan.because == because
        if not is_repeated or self._elapsed_seconds - when > REPEAT_SECONDS:
            # What takes this long may never come by itself.
            told = f"{plan.because}{self._obstacles}" if is_repeated else plan.because
            log.info(told, state=plan.state.value, seconds=round(self._elapsed_seconds, 1))
            self._reported = (plan.because, self._elapsed_seconds)

    @property
    def _obstacles(self) -> str:
        silence = "".join(f"; {pod}: {reason}" for pod, reason in self._silent.items())
        return silence + describe_obstacles(self._api, self._settings)

    @property
    def _elapsed_seconds(self) -> float:
        return self._clock.monotonic_seconds() - self._started
