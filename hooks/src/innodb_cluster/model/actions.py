"""What can be done to a cluster, one value for each effect."""

from dataclasses import dataclass
from typing import TypeAlias

from innodb_cluster.model.observation import MemberRole
from innodb_cluster.model.settings import TopologyMode


@dataclass(frozen=True, slots=True)
class RecordSeed:
    """Write down which pod is to bootstrap, before it does."""

    pod: str


@dataclass(frozen=True, slots=True)
class BootstrapGroup:
    """Start the group on one server, alone. Needs the bootstrap Lease."""

    pod: str
    mode: TopologyMode


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


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Stop Group Replication on a server that is in state ERROR."""

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
class RecordAdmitted:
    """Write down that only so many members may join: the others are about to leave for good."""

    count: int


@dataclass(frozen=True, slots=True)
class MovePrimary:
    """Make another member the primary, because the present one is about to leave."""

    pod: str
    server_uuid: str


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


Action: TypeAlias = (
    RecordSeed
    | BootstrapGroup
    | RecordBootstrapped
    | JoinGroup
    | LeaveGroup
    | EndOfflineMode
    | ForbidBootstrap
    | RecordMode
    | EnsureAccounts
    | EnsureMetadata
    | RecordAdmitted
    | MovePrimary
    | RetireMember
    | RecordMembers
    | LabelRole
)
