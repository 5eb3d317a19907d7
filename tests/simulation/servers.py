"""Servers and groups: what each of them knows, and what it loses with its process."""

from dataclasses import dataclass, field
from typing import TypeAlias

from innodb_cluster.model.observation import MemberState, ViewMember
from innodb_cluster.model.settings import TopologyMode

Gtid: TypeAlias = tuple[str, int]
Transactions: TypeAlias = dict[Gtid, int]
"""What each GTID stands for: two groups may give the same GTID to different transactions."""

AUTOREJOIN_TRIES = 0
"""As in my.cnf.j2; who sets more in serverConfig.mycnf has the agent and the server try both."""
SINGLE = TopologyMode.SINGLE_PRIMARY


@dataclass(slots=True)
class Start:
    """One START GROUP_REPLICATION, from the statement until it has an answer."""

    bootstrap: bool
    by: str
    """Actor that issued it; empty for the server's own autorejoin."""
    is_done: bool = False
    error: str = ""


@dataclass(slots=True, eq=False)
class Group:
    """One incarnation, as its majority knows it."""

    incarnation: int
    mode: TopologyMode
    name: str
    data: Transactions
    """Everything that it has committed, and everything that it began with."""
    members: list[str]
    number: int = 1
    online: set[str] = field(default_factory=set)
    primary: str = ""
    was_switched: bool = False
    """Whether its mode was ever changed."""


@dataclass(slots=True, eq=False)
class Server:
    """One mysqld with its volume."""

    pod: str
    uuid: str
    executed: Transactions = field(default_factory=dict)
    received: Transactions = field(default_factory=dict)
    losses: int = 0
    """How often its volume lost something by a fault."""
    is_up: bool = True
    is_frozen: bool = False
    is_mute: bool = False
    """Whether mysqld answers no SQL, its own agent's neither, while its member goes on in the group."""
    has_full_disk: bool = False
    """Whether nothing more can be written: what it would write waits until there is room."""
    recovery_is_stuck: bool = False
    has_known_address: bool = True
    """Whether others find it under its name, or the one that it had on another node."""
    process: int = 1
    """Number of its present process: a session ends with the process that it was opened to."""
    cell: int = 0
    """Part of the network between servers."""
    # What follows is lost with the process.
    state: MemberState = MemberState.OFFLINE
    group: Group | None = None
    view: tuple[ViewMember, ...] = ()
    view_number: int = 0
    suspects: bool = False
    """Whether it has noticed that it sees no majority."""
    start: Start | None = None
    group_name: str = ""
    mode: TopologyMode = SINGLE
    seeds: tuple[str, ...] = ()
    bootstrap_group: bool = False
    auto_increment: tuple[int, int] = (1, 1)
    offline_mode: bool = False
    autorejoins_left: int = AUTOREJOIN_TRIES
    formed_group: bool = False
    """Whether it bootstrapped the group that it is in: then it recovers from itself."""

    @property
    def runs(self) -> bool:
        return self.is_up and not self.is_frozen

    @property
    def data(self) -> Transactions:
        return {**self.received, **self.executed}

    @property
    def is_replicating(self) -> bool:
        """Whether the plugin is started, which also a member in ERROR is."""
        return self.state is not MemberState.OFFLINE or self.start is not None

    def end_process(self) -> None:
        """Lose what only memory holds."""
        self.process += 1
        self.state, self.group, self.view, self.view_number = MemberState.OFFLINE, None, (), 0
        self.suspects = self.bootstrap_group = self.offline_mode = self.formed_group = False
        self.start, self.group_name, self.mode, self.seeds = None, "", SINGLE, ()
        self.autorejoins_left = AUTOREJOIN_TRIES
        self.auto_increment = (1, 1)


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A group came into being."""

    pod: str
    start: Start
    group: Group
