"""What one run of the converge Job knows beyond servers and record."""

from dataclasses import dataclass

from innodb_cluster.model.options import OptionOutcome, WantedOptions
from innodb_cluster.model.pods import ServerRollout
from innodb_cluster.model.restore import RestoreView
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.topology import UnfitTable


@dataclass(frozen=True, slots=True)
class Progress:
    """What this run has seen done, and what it sees around the servers."""

    accounts_done: bool = False
    metadata_members: tuple[str, ...] = ()
    """Members that were ONLINE when the metadata was last made true."""
    metadata_mode: TopologyMode | None = None
    """Mode that the metadata was then given; None: not yet known to differ."""
    routers: tuple[str, ...] = ()
    """Router pods that are there to stay."""
    metadata_routers: tuple[str, ...] = ()
    """Router pods that were there when the metadata was last made true."""
    routers_waited_for: tuple[str, ...] = ()
    """Routers that do not route yet, each with its reason."""
    rollouts_waited_for: tuple[str, ...] = ()
    """Workloads whose pods are still being replaced or are not ready, each with its numbers."""
    unfit_tables: tuple[UnfitTable, ...] | None = None
    """Tables that multi-primary mode cannot serve; None when nobody has looked."""
    incomplete_seconds: float = 0.0
    """How long, without a break, members or certainty about the group have been missing."""
    split_seconds: float = 0.0
    """How long, without a break, two groups with a majority of their own have been seen."""
    long_transactions: int = 0
    """Transactions that a switchover would end; looked for when one is asked for."""
    switchover_seconds: float = 0.0
    """How long a switchover has been waited for."""
    restore: RestoreView | None = None
    """What a restore that is asked for, or under way, needs to know; None when there is none."""
    servers: ServerRollout | None = None
    """The server pods and their newest template; None while there is no StatefulSet."""
    replaced: tuple[str, ...] = ()
    """Pods that this run has replaced."""
    options: WantedOptions | None = None
    """``serverConfig.mycnf`` as the values have it; None when it is not known."""
    options_set: tuple[OptionOutcome, ...] = ()
    """Servers on which this run has set the options that changed."""
    switches_refused: int = 0
    """How often this run was refused to make another member the primary."""
