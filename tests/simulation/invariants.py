"""What must hold at every moment, checked against what is true in the model and no actor can see.

The numbers are those of the invariants in the design, which each test here tries to break.
"""

from dataclasses import dataclass, field

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.effects.mysql.connection import QUICK
from innodb_cluster.effects.mysql.members import look
from innodb_cluster.model.actions import SetAutoIncrement
from innodb_cluster.model.names import MAX_SERVERS
from innodb_cluster.model.observation import MemberState, Observation
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import LostQuorum, TopologyMode, parse_settings
from innodb_cluster.model.topology import auto_increment
from tests.simulation.actors import IDLE, Surroundings
from tests.simulation.kubernetes import BASE_SERVER_ID, NAMES, Cluster
from tests.simulation.replication import Replication
from tests.simulation.scheduling import Actor
from tests.simulation.servers import Group, Server, Start
from tests.simulation.sessions import SimulatedSession


@dataclass(slots=True)
class Invariants:
    """Remembers what was true before, and compares."""

    around: Surroundings
    _volumes: dict[str, tuple[int, frozenset[int]]] = field(default_factory=dict)
    _lost: set[int] = field(default_factory=set)
    _bootstraps: int = 0
    _starts: list[Start] = field(default_factory=list)
    _refusals: int = 0

    @property
    def replication(self) -> Replication:
        return self.around.replication

    @property
    def cluster(self) -> Cluster:
        return self.around.cluster

    def check(self, *, after_a_look: bool = False) -> None:
        """Raise AssertionError for the first that does not hold; a look changes only what is said."""
        self._refusals_are_true()
        if after_a_look:
            return
        self._one_group_accepts_writes()
        self._bootstraps_are_allowed()
        self._acknowledged_commits_are_kept()
        self._nothing_is_cloned_over()
        self._primaries_count_apart()

    @property
    def counted(self) -> list[Server]:
        """Servers that may hold data of the cluster."""
        return [self.replication.servers[pod] for pod in self.cluster.counted_pods]

    def _one_group_accepts_writes(self) -> None:
        """Invariant 3."""
        writable = self.replication.writable_groups()
        assert len(writable) <= 1, f"groups {[g.members for g in writable]} accept writes side by side"

    def _bootstraps_are_allowed(self) -> None:
        """Invariants 1 and 2."""
        for server in self.replication.servers.values():
            if server.start is not None and server.start.bootstrap and server.start not in self._starts:
                self._starts.append(server.start)
                holder = self.cluster.lease_holder
                assert holder == server.start.by, f"{server.start.by} bootstraps, {holder!r} has the Lease"
                is_repair = self.cluster.record.is_bootstrapped and bool(server.data)
                assert is_repair or server.start.by not in NAMES.pods(MAX_SERVERS), (
                    "an agent creates a cluster"
                )
        for bootstrap in self.replication.bootstraps[self._bootstraps :]:
            self._bootstraps += 1
            # With every volume empty there is nothing whose mode was to be kept: it is created anew.
            mode = (bootstrap.group.data and self.cluster.record.topology_mode) or self.cluster.mode
            assert bootstrap.group.mode == mode, (
                f"{bootstrap.pod} starts a group in {bootstrap.group.mode} mode"
            )
            others = [
                g
                for g in self.replication.groups
                if g is not bootstrap.group and self.replication.majority(g)
            ]
            assert not others, f"{bootstrap.pod} starts a group beside {others[0].members}"
            lingering = [
                s.pod for s in self.replication.servers.values() if self._reaches(s, bootstrap.group)
            ]
            assert not lingering, (
                f"messages of their old group, on {lingering}, reach that of {bootstrap.pod}"
            )
            for server in self.counted:
                lacking = set(server.data.values()) - set(bootstrap.group.data.values())
                if self._is_left_behind(server):
                    self._lost |= lacking
                    continue
                assert not lacking, f"{bootstrap.pod} starts a group without what {server.pod} holds"

    @staticmethod
    def _reaches(server: Server, group: Group) -> bool:
        """Whether a server that has not ended its communication with an old group disturbs a new one of the same name."""
        return server.is_up and server.state is MemberState.ERROR and server.group_name == group.name

    def _is_left_behind(self, server: Server) -> bool:
        """Whether the policy lets others go on without what this server holds: it cannot be running."""
        is_allowed = self.cluster.lost_quorum is LostQuorum.AUTOMATIC
        return is_allowed and self.cluster.waits_for_a_node(server.pod)

    def _acknowledged_commits_are_kept(self) -> None:
        """No acknowledged commit that is still on some volume is missing where clients write."""
        held = {content for server in self.counted for content in server.data.values()}
        self._lost |= self.replication.acknowledged.keys() - held
        for group in self.replication.writable_groups():
            missing = self.replication.acknowledged.keys() - self._lost - set(group.data.values())
            assert not missing, f"group {group.members} accepts writes without acknowledged commits {missing}"

    def _nothing_is_cloned_over(self) -> None:
        """Invariant 5: a volume only ever loses transactions by a fault."""
        for pod, server in self.replication.servers.items():
            volume = frozenset(server.data.values())
            losses, before = self._volumes.get(pod, (server.losses, volume))
            assert losses != server.losses or before <= volume, f"{pod} lost {before - volume}"
            self._volumes[pod] = (server.losses, volume)
        for group in self.replication.groups:
            for server in map(self.replication.servers.__getitem__, group.online):
                if server.group is group:
                    differing = set(server.data.values()) - set(group.data.values())
                    assert not differing, f"{server.pod} is ONLINE with transactions of its own: {differing}"

    def _refusals_are_true(self) -> None:
        """Advice to delete a volume is given only where the group really lacks what is on it."""
        for pod, reason in self.around.refusals[self._refusals :]:
            self._refusals += 1
            if "the group does not have" in reason:
                held = self.replication.servers[pod].data.keys()
                assert held - self.replication.groups[-1].data.keys(), (
                    f"{pod} has nothing of its own: {reason}"
                )

    def _primaries_count_apart(self) -> None:
        """Members of a multi-primary group never give the same ``AUTO_INCREMENT`` number."""
        for group in self.replication.groups:
            for server in self.replication.writers(group) if group.mode is TopologyMode.MULTI_PRIMARY else ():
                wanted = auto_increment(group.mode, BASE_SERVER_ID + NAMES.ordinal(server.pod))
                assert server.auto_increment == wanted, f"{server.pod} counts with {server.auto_increment}"

    def labels_agree(self, agent: Actor) -> None:
        """Nobody but the primary is labelled so after an agent has labelled and nobody interfered."""
        log = self.cluster.label_log
        if (agent.name, "GET") not in log or agent.at != IDLE:
            return
        since = len(log) - log[::-1].index((agent.name, "GET"))
        if log[since:] and set(log[since:]) == {(agent.name, "PATCH")}:
            primaries = [pod for pod, role in self.cluster.role_labels.items() if role == "primary"]
            groups = self.replication.groups
            several = any(g.was_switched or g.mode is TopologyMode.MULTI_PRIMARY for g in groups)
            assert several or len(primaries) <= 1, f"{primaries} are labelled"


def healthy_plans_are_empty(around: Surroundings) -> None:
    """Invariant 6, for a cluster that is whole."""
    replication, cluster = around.replication, around.cluster
    settings = parse_settings(cluster.settings_text)
    views = tuple(look(_session(replication, pod), pod) for pod in settings.pods)
    for pod in settings.pods:
        plan = decide_repair(Observation(settings, cluster.record, views), pod)
        assert plan.actions == (), plan
    (group,) = replication.writable_groups()
    record = cluster.record
    is_applied = (group.mode, record.topology_mode, record.topology_primary) == (
        cluster.mode,
        cluster.mode,
        cluster.primary,
    )
    if is_applied and record.members == record.admitted == settings.server_instances:
        progress = Progress(accounts_done=True, metadata_members=settings.pods)
        plan = decide_creation(Observation(settings, record, views), progress)
        assert plan.done or all(isinstance(action, SetAutoIncrement) for action in plan.actions), plan


def _session(replication: Replication, pod: str) -> SimulatedSession:
    return SimulatedSession(_Onlooker(), replication, pod, QUICK, lambda: 0.0, lambda: False)


class _Onlooker(Actor):
    """Looks without being scheduled."""

    def __init__(self) -> None:
        self.name = "onlooker"

    def pause(self, at: str) -> None:
        """Go on at once."""
