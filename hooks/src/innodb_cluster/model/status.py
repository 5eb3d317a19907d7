"""What the status document is made from, and its words.

The words are those of MySQL Shell's ``cluster.status()``, so that what reads one reads
the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from innodb_cluster.model.observation import MemberRole, MemberState
from innodb_cluster.model.settings import TopologyMode


class ClusterStatus(StrEnum):
    """``defaultReplicaSet.status``.

    NO_TOLERANCE: losing one more member ends the majority. PARTIAL: a configured
    member is not active.
    """

    OK = "OK"
    OK_PARTIAL = "OK_PARTIAL"
    OK_NO_TOLERANCE = "OK_NO_TOLERANCE"
    OK_NO_TOLERANCE_PARTIAL = "OK_NO_TOLERANCE_PARTIAL"
    NO_QUORUM = "NO_QUORUM"
    OFFLINE = "OFFLINE"
    ERROR = "ERROR"
    """There is a group, and it has no ONLINE member; or there are two."""
    UNKNOWN = "UNKNOWN"


class ExitStatus(IntEnum):
    """Exit status of ``innodb-cluster status``, part of the outward contract."""

    OK = 0
    DEGRADED = 1
    NOT_SERVING = 2
    UNKNOWN = 3


MISSING = "(MISSING)"
"""Status of a configured member that the group does not have."""


@dataclass(frozen=True, slots=True)
class MemberEntry:
    """One row of a server's view of its group."""

    server_uuid: str
    address: str
    """``host:port``."""
    state: MemberState
    role: MemberRole = MemberRole.NONE
    version: str = ""


@dataclass(frozen=True, slots=True)
class ApplierReport:
    """How far a member is behind in applying what its group has certified."""

    running: bool
    lag_microseconds: int | None = None
    """Age of the oldest transaction that is being applied; None when there is none."""


@dataclass(frozen=True, slots=True)
class MemberReport:
    """One server's answer."""

    address: str
    server_uuid: str
    state: MemberState
    """Its own state, by its own word."""
    version: str
    mode: TopologyMode
    ssl_mode: str
    """``group_replication_ssl_mode``."""
    super_read_only: bool
    offline_mode: bool
    applier: ApplierReport
    view: tuple[MemberEntry, ...] = ()
    """Members of its group, itself included; empty outside a group."""

    @property
    def has_quorum(self) -> bool:
        """Whether this server sees a majority of its own group."""
        return self.state.in_group and len(self.reachable) * 2 > len(self.view)

    @property
    def reachable(self) -> frozenset[str]:
        """server_uuids of the members that it does not suspect."""
        return frozenset(
            entry.server_uuid for entry in self.view if entry.state is not MemberState.UNREACHABLE
        )

    @property
    def role(self) -> MemberRole:
        """Its role in its own view."""
        own = (entry.role for entry in self.view if entry.server_uuid == self.server_uuid)
        return next(own, MemberRole.NONE)


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """Everything that was heard of a cluster at one moment."""

    cluster_name: str
    configured: tuple[str, ...]
    """Addresses of the members that the values ask for, in the order of their ordinals."""
    answers: tuple[MemberReport, ...]
    silent: Mapping[str, str] = field(default_factory=dict)
    """Address of each server that did not answer, and why."""
