"""What can be done to a cluster, one value for each effect."""

from dataclasses import dataclass, field, fields
from typing import TypeAlias

from innodb_cluster.model.observation import MemberRole
from innodb_cluster.model.options import Assignment
from innodb_cluster.model.restore import RestoreAction
from innodb_cluster.model.settings import TopologyMode


@dataclass(frozen=True, slots=True)
class RecordSeed:
    """Write down which pod is to bootstrap, before it does."""

    pod: str


@dataclass(frozen=True, slots=True)
class ForgetCluster:
    """Write down that the cluster is gone, with all its volumes: the next one is another group.

    Its transactions must not look like those of the old one, which may still be on the claim of a
    server that left: the same group name would give both the same GTIDs. Needs the bootstrap Lease.
    """

    group_name: str
    """Name of the group that is gone: only its record is given up."""


@dataclass(frozen=True, slots=True)
class BootstrapGroup:
    """Start the group on one server, alone. Needs the bootstrap Lease."""

    pod: str
    mode: TopologyMode
    renamed: bool = False
    """Under a new name, because others are given up: what they alone hold has GTIDs that this group would use again."""


@dataclass(frozen=True, slots=True)
class RecordBootstrapped:
    """Write down that the cluster exists."""

    mode: TopologyMode


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Start Group Replication on a server, against a group that has a majority."""

    pod: str
    mode: TopologyMode
    """Mode of the group that it joins."""
    through: tuple[str, ...]
    """Members of the group: they alone are asked to let it in."""
    after_seconds: float = 0.0
    """Head start for others that join at the same time."""
    by_clone: bool = False
    """Whether all data comes by a clone, although donors may have the binary logs."""


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Stop Group Replication on a server that is in state ERROR, or whose recovery can never end."""

    pod: str


@dataclass(frozen=True, slots=True)
class EndServer:
    """Kill the server beside this actor, whose supervisor starts it again: its group can never go on.

    Without a majority to say goodbye to, STOP GROUP_REPLICATION takes 28 s (seen on 9.7.4).
    """

    pod: str


@dataclass(frozen=True, slots=True)
class EndOfflineMode:
    """Let clients in again on a member that came back after an expulsion."""

    pod: str


@dataclass(frozen=True, slots=True)
class ForbidBootstrap:
    """Take back the permission to bootstrap, which a killed bootstrap left in the server."""

    pod: str


@dataclass(frozen=True, slots=True)
class ReloadTls:
    """Let a server take its certificate, key and CA from their files again, for new connections."""

    pod: str


@dataclass(frozen=True, slots=True)
class RecordMode:
    """Write down the mode that the group runs in, for the time after a complete outage."""

    mode: TopologyMode


@dataclass(frozen=True, slots=True)
class EnsureAccounts:
    """Make the root, router and recovery accounts what the Secrets say, through a primary."""

    primary: str


@dataclass(frozen=True, slots=True)
class EnsureMetadata:
    """Make ``mysql_innodb_cluster_metadata`` show the members and routers, through a primary."""

    primary: str
    mode: TopologyMode


@dataclass(frozen=True, slots=True)
class SetAutoIncrement:
    """Give a server the ``auto_increment`` values that belong to a mode."""

    pod: str
    mode: TopologyMode


@dataclass(frozen=True, slots=True)
class SwitchMode:
    """Bring the running group into another mode, through one of its members."""

    through: str
    mode: TopologyMode
    primary: str = ""
    """Pod that goes on taking writes in single-primary mode; empty for multi-primary."""
    server_uuid: str = ""
    """That pod's server."""


@dataclass(frozen=True, slots=True)
class SwitchPrimary:
    """Make another member the primary, through the one that is."""

    through: str
    primary: str
    server_uuid: str
    """The new primary's server."""


@dataclass(frozen=True, slots=True)
class RecordPrimary:
    """Write down that ``topology.primary`` was applied: only another value moves the primary again."""

    primary: str


@dataclass(frozen=True, slots=True)
class RecordAdmitted:
    """Write down that only so many members may join: the others are about to leave for good."""

    count: int


@dataclass(frozen=True, slots=True)
class RetireMember:
    """Stop Group Replication on a member that is to leave for good, whatever its state."""

    pod: str


@dataclass(frozen=True, slots=True)
class RecordMembers:
    """Write down the smaller number of members, after the others have left."""

    count: int


@dataclass(frozen=True, slots=True)
class LabelRole:
    """Show a member's role on its pod; NONE removes the label."""

    pod: str
    role: MemberRole


@dataclass(frozen=True, slots=True)
class LabelRouter:
    """Let the client Service lead to a router pod, or not."""

    pod: str
    reachable: bool
    because: str
    """For the Event on the pod."""


@dataclass(frozen=True, slots=True)
class ReplacePod:
    """End one server pod the graceful way; its StatefulSet makes it anew from the newest template."""

    pod: str
    uid: str
    """Only this very pod: the name may be another one's by then."""
    because: str
    """For the Event on the pod."""


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """Write down ``serverConfig.mycnf`` as far as it was brought to the servers."""

    mycnf: str = field(repr=False)
    """What all of them have."""
    changing: str
    """Options in which they may differ from it, comma-separated."""


@dataclass(frozen=True, slots=True)
class SetOptions:
    """Set variables of one running server."""

    pod: str
    wanted: tuple[Assignment, ...]


ClusterAction: TypeAlias = (
    RecordSeed
    | ForgetCluster
    | BootstrapGroup
    | RecordBootstrapped
    | JoinGroup
    | LeaveGroup
    | EndServer
    | EndOfflineMode
    | ForbidBootstrap
    | ReloadTls
    | RecordMode
    | EnsureAccounts
    | EnsureMetadata
    | SetAutoIncrement
    | SwitchMode
    | SwitchPrimary
    | RecordPrimary
    | RecordAdmitted
    | RetireMember
    | RecordMembers
    | LabelRole
    | LabelRouter
    | ReplacePod
    | RecordOptions
    | SetOptions
)
Action: TypeAlias = ClusterAction | RestoreAction


def describe(action: Action) -> str:
    """Give an action as people read it: its name, and what it is done with."""
    values = ((field.name, getattr(action, field.name)) for field in fields(action) if field.repr)
    shown = (
        f"{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in values
        if value
    )
    return " ".join([type(action).__name__, *shown])
