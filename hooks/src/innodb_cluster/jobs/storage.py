"""Makes the servers' volumes larger; part of the prepare Job.

What cannot work is refused before anything is changed. Killing it at any moment is safe:
claims only ever grow, and a StatefulSet that is gone is made by the next upgrade.
"""

import structlog

from innodb_cluster.decide.storage import SIZE_KEY, StoragePlan, StorageView, decide_storage
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import ClaimView

log = structlog.get_logger()

PAUSE_SECONDS = 0.2


class Volumes:
    """The volumes of one release."""

    def __init__(
        self, settings: Settings, api: KubernetesApi, clock: Clock, *, is_rollback: bool = False
    ) -> None:
        """Get ready; nothing is asked yet."""
        self._settings = settings
        self._api = api
        self._clock = clock
        self._is_rollback = is_rollback

    def check(self) -> StoragePlan:
        """Say what is to be done, having tried it without effect.

        Raises:
            ConfigurationError: the volumes cannot become what the values ask for.

        """
        plan = decide_storage(self._look())
        if plan.problems:
            raise ConfigurationError("; ".join(plan.problems), "nothing was changed")
        for note in plan.notes:
            log.warning("worth knowing", note=note)
        for claim in plan.growing:
            self._grow(claim, only_try=True)
        return plan

    def apply(self, plan: StoragePlan, deadline_seconds: float) -> None:
        """Make claims larger, then take the StatefulSet away for Helm to make it anew around the running pods.

        Raises:
            TemporaryError: the deadline (on the clock's monotonic time) has come.

        """
        for claim in plan.growing:
            self._grow(claim, only_try=False)
            log.info("the claim grows", claim=claim.name, before=claim.size, after=self._wanted)
        if not plan.replace_workload:
            return
        log.info("the StatefulSet is made anew, its pods go on", name=self._settings.names.cluster)
        while not self._api.orphan_servers(self._settings.names):
            if self._clock.monotonic_seconds() > deadline_seconds:
                reason = f"StatefulSet {self._settings.names.cluster} is being deleted and does not go"
                raise TemporaryError(
                    reason, "look for finalizers on it and whether kube-controller-manager runs"
                )
            self._clock.sleep(PAUSE_SECONDS)

    @property
    def _wanted(self) -> str:
        return self._settings.data_claim.size

    def _look(self) -> StorageView:
        names = self._settings.names
        template = self._api.read_claim_template(names)
        found = (self._api.read_claim(names.claim(pod)) for pod in self._settings.pods)
        claims = tuple(claim for claim in found if claim is not None)
        return StorageView(self._settings.data_claim, template, claims, self._is_rollback)

    def _grow(self, claim: ClaimView, *, only_try: bool) -> None:
        try:
            self._api.grow_claim(claim.name, self._wanted, only_try=only_try)
        except ConfigurationError as error:
            shown = f"class {claim.storage_class}" if claim.storage_class else "no class"
            raise ConfigurationError(
                f"claim {claim.name} ({shown}) cannot grow from {claim.size} to {self._wanted}: {error.reason}",
                f"set allowVolumeExpansion of the StorageClass, if its driver can, or {SIZE_KEY} back to "
                f"{claim.size}",
            ) from error
