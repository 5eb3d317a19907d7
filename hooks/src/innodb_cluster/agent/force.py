"""``innodb-cluster force-bootstrap`` and ``force-quorum``: a person's decision, carried out once.

They run in the agent's container, and look at every server before they act: what was
true when the person decided may not be any more.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog

from innodb_cluster.agent.observer import Observer
from innodb_cluster.agent.performing import performer_of
from innodb_cluster.configuration import load_pod
from innodb_cluster.decide.force import (
    decide_force_bootstrap,
    decide_force_quorum,
    decide_force_start,
    waiting_to_start,
)
from innodb_cluster.effects.clock import SystemClock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.secrets import MountedSecrets
from innodb_cluster.model.actions import BootstrapGroup, describe
from innodb_cluster.model.errors import RefusedError, TemporaryError
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan

log = structlog.get_logger()

Decision = Callable[[Observation, str, Collection[str]], Plan]

START_SECONDS = 300
"""For a server that starts anew: crash recovery of a large redo log takes minutes."""


def force_bootstrap(pod: str, given_up: Collection[str]) -> int:
    """Start the group on this pod's server; the own one when none is named."""
    observer = _observer()
    Force(observer, decide_force_bootstrap, pod or observer.pod, given_up).run()
    log.info("done; the agents bring the other members back")
    return 0


def force_quorum(given_up: Collection[str]) -> int:
    """Take this pod's server out of a group that has lost its majority, and start the group on it."""
    observer = _observer()
    Force(observer, decide_force_quorum, observer.pod, given_up).run()
    start = Force(observer, decide_force_start, observer.pod, given_up)
    start.wait()
    start.run()
    log.info("done; the agents bring the other members back")
    return 0


def _observer() -> Observer:
    configuration = load_pod()
    names = configuration.names
    return Observer(names, configuration.pod, KubernetesApi(names.namespace), MountedSecrets(), SystemClock())


@dataclass(frozen=True, slots=True)
class Force:
    """One run of such a command."""

    observer: Observer
    decide: Decision
    pod: str
    given_up: Collection[str]

    def run(self) -> None:
        """Observe, decide, and perform each action.

        Raises:
            RefusedError: it must not be done, or pods have to be given up by name first.
            TemporaryError: the record cannot be read, or an action did not work.

        """
        observation = self._observe()
        plan = self.decide(observation, self.pod, self.given_up)
        if plan.refusal:
            raise RefusedError(plan.refusal.reason, plan.refusal.what_to_do)
        if observation.record is None:
            raise TemporaryError("there is no record of the cluster", "run helm upgrade")
        log.warning(plan.because, state=plan.state.value)
        self.observer.api.emit_event(self.pod, "Forced", plan.because, warning=True)
        actor = f"{self.observer.pod}-force"
        performer = performer_of(self.observer, actor, observation, self._observe, self._may_bootstrap)
        for action in plan.actions:
            log.info("doing", action=describe(action))
            performer.perform(action, observation.record)

    def wait(self) -> None:
        """Wait until the group can be started, or a majority is there after all; say what for.

        Raises:
            TemporaryError: it lasts too long.

        """
        clock, told = self.observer.clock, ""
        until_seconds = clock.monotonic_seconds() + START_SECONDS
        while missing := self._missing():
            if clock.monotonic_seconds() > until_seconds:
                raise TemporaryError(
                    f"after {START_SECONDS} s still waiting for {missing}",
                    "see that server's log; when it answers: innodb-cluster force-bootstrap",
                )
            if missing != told:
                log.info("waiting", to=missing)
                told = missing
            clock.sleep(0.5)

    def _missing(self) -> str:
        """Say what is waited for. The last record serves: the Kubernetes API may be away for a while."""
        observation = self.observer.observe()
        return waiting_to_start(observation, self.pod) if observation else "the record of the cluster"

    def _observe(self) -> Observation:
        fresh = self.observer.refresh(0.0)
        observation = self.observer.observe()
        if observation is None or not fresh:
            raise TemporaryError(
                "the record of the cluster cannot be read", "see that the Kubernetes API answers"
            )
        return observation

    def _may_bootstrap(self, observation: Observation, action: BootstrapGroup) -> bool:
        return action in self.decide(observation, self.pod, self.given_up).actions
