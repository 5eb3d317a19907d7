"""What was seen of the servers, the record and the values at one moment."""

from dataclasses import dataclass
from enum import StrEnum

from innodb_cluster.model.gtid import GtidSet
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings, TopologyMode


class MemberState(StrEnum):
    """MEMBER_STATE of ``performance_schema.replication_group_members``."""

    ONLINE = "ONLINE"
    RECOVERING = "RECOVERING"
    OFFLINE = "OFFLINE"
    ERROR = "ERROR"
    UNREACHABLE = "UNREACHABLE"

    @property
    def in_group(self) -> bool:
        """Whether a member in this state, by its own word, takes part in a group."""
        return self in {MemberState.ONLINE, MemberState.RECOVERING}


class MemberRole(StrEnum):
    """MEMBER_ROLE of the same table; empty while a member has none."""

    PRIMARY = "PRIMARY"
    SECONDARY = "SECONDARY"
    NONE = ""


@dataclass(frozen=True, slots=True)
class ViewMember:
    """One member as some server's view shows it."""

    pod: str
    server_uuid: str
    state: MemberState
    role: MemberRole = MemberRole.NONE
    version: str = ""


@dataclass(frozen=True, slots=True)
class ServerView:
    """One server, asked by SQL."""

    pod: str
    server_uuid: str
    state: MemberState
    """Its own state, by its own word."""
    role: MemberRole = MemberRole.NONE
    version: str = ""
    view_id: str = ""
    """``<incarnation>:<number>``; empty outside a group."""
    view: tuple[ViewMember, ...] = ()
    """Members of its group, itself included; empty outside a group."""
    group_name: str = ""
    mode: TopologyMode = TopologyMode.SINGLE_PRIMARY
    executed: GtidSet = GtidSet()
    received: GtidSet = GtidSet()
    """Certified and queued, not yet applied: it counts, because the group may have acknowledged it."""
    purged: GtidSet = GtidSet()
    """Executed, and no longer in its binary logs: who lacks these can only be cloned from it."""
    recovery_error: int = 0
    """Last error of distributed recovery's connection to a donor; 0: none since Group Replication started."""
    offline_mode: bool = False
    super_read_only: bool = True
    auto_increment: tuple[int, int] | None = None
    """``auto_increment_increment`` and ``auto_increment_offset``; None when nobody asked."""
    bootstrap_flag: bool = False
    """``group_replication_bootstrap_group``: ON only while a bootstrap runs, or after one was killed."""
    started_with: str = ""
    """Marker of the ``serverConfig.mycnf`` that this mysqld read when it started (``report_user``)."""

    @property
    def transactions(self) -> GtidSet:
        """Everything that this server holds, applied or not."""
        return self.executed | self.received

    @property
    def backlog(self) -> int:
        """Number of transactions that it has received and not yet applied."""
        return (self.received - self.executed).count

    @property
    def has_quorum(self) -> bool:
        """Whether this server sees a majority of its own group."""
        reachable = sum(member.state is not MemberState.UNREACHABLE for member in self.view)
        return self.state.in_group and reachable * 2 > len(self.view)


@dataclass(frozen=True, slots=True)
class GonePod:
    """A pod of which Kubernetes says that no process of it runs: it has ended, or waits for a node."""

    name: str
    seconds: float
    """For how long this observer has known so, at every look."""


def pods_that_count(settings: Settings, record: Record | None) -> tuple[str, ...]:
    """Name the pods that could hold data: those configured now, and those of the size last applied."""
    return settings.names.pods(max(settings.server_instances, record.members if record else 0))


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything that a decision about the group may use."""

    settings: Settings
    record: Record | None
    """None when none has been made yet."""
    servers: tuple[ServerView, ...]
    """Servers that answered."""
    silent: tuple[str, ...] = ()
    """Configured pods that were asked and did not answer."""
    gone: tuple[GonePod, ...] = ()
    """Silent pods that cannot be running; looked at only where it makes a difference."""
    ending: bool = False
    """Whether the observer's own pod is being deleted; looked at only while its server could start something."""

    def server(self, pod: str) -> ServerView | None:
        """Give the server of this pod when it answered."""
        return next((server for server in self.servers if server.pod == pod), None)


def may_join(observation: Observation, pod: str) -> bool:
    """Whether the record admits this pod.

    The converge Job does, once the pod's recovery account exists; the prepare Job takes it
    back before it lets the member leave for good.
    """
    record = observation.record
    if record is None or not record.is_bootstrapped:
        return False
    return observation.settings.names.ordinal(pod) < record.admitted
