"""What one run of the converge Job sees of the server pods, and remembers of what it did to them."""

from dataclasses import dataclass, field, replace

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.mysql.connection import StatementError
from innodb_cluster.jobs.mycnf import wanted_options
from innodb_cluster.jobs.obstacles import read_rollout
from innodb_cluster.model.actions import Action, ReplacePod, SwitchPrimary
from innodb_cluster.model.errors import InnodbClusterError
from innodb_cluster.model.options import OptionOutcome, WantedOptions
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import Settings


@dataclass(slots=True)
class RolloutWatch:
    """Pods, their templates and options, over one run."""

    api: KubernetesApi
    settings: Settings
    options: WantedOptions | None = field(default_factory=wanted_options)
    _replaced: tuple[str, ...] = ()
    _outcomes: tuple[OptionOutcome, ...] = ()
    _switches_refused: int = 0

    def look(self, progress: Progress) -> Progress:
        """Add what is known now to the progress of this run."""
        return replace(
            progress,
            servers=read_rollout(self.api, self.settings),
            replaced=self._replaced,
            options=self.options,
            options_set=self._outcomes,
            switches_refused=self._switches_refused,
        )

    def learn(self, action: Action) -> None:
        """Remember what was done."""
        if isinstance(action, ReplacePod):
            self._replaced = (*self._replaced, action.pod)

    def learn_outcome(self, outcome: OptionOutcome) -> None:
        """Remember what a server said when its options were set."""
        self._outcomes = (*self._outcomes, outcome)

    def learn_failure(self, action: Action, error: InnodbClusterError) -> None:
        """Remember that a server refused to hand over; one that did not answer has not refused."""
        if isinstance(action, SwitchPrimary) and isinstance(error, StatementError):
            self._switches_refused += 1
