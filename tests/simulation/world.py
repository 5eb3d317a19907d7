"""A whole world: servers, the API, agents, Jobs, faults; and the invariants that must hold in it."""

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache

from innodb_cluster.model.observation import MemberState
from innodb_cluster.model.settings import TopologyMode
from tests.simulation.actors import IDLE, Surroundings, Time, start_agent, start_job, start_scale_down
from tests.simulation.faults import Faults
from tests.simulation.invariants import Invariants
from tests.simulation.kubernetes import NAMES, Cluster
from tests.simulation.replication import Replication
from tests.simulation.scheduling import Actor
from tests.simulation.servers import Server

MAX_EFFECTS = 400
"""More effects than any one step of an actor has."""
LOOKS = ("GET ", "connect ", "sleep", "idle", "start")
"""How effects begin after which nothing is different but what somebody knows."""
_NEVER = "never"
_ENDS_OF_STEPS = frozenset({IDLE, "sleep"})
_WAITS = (" starts", " is frozen")


@dataclass(slots=True)
class World(Faults):
    """One release and everything that may happen to it."""

    invariants: Invariants = field(init=False)
    endings: list[str] = field(default_factory=list)
    """How each Job that ended by itself did so."""
    _jobs_started: int = 0
    _leaving: dict[str, int] = field(default_factory=dict)
    """Jobs that let members leave, with the size that their upgrade asks for."""

    def __post_init__(self) -> None:
        self.around = Surroundings(
            time=Time(),
            cluster=Cluster(self.size, self.mode),
            replication=Replication({}),
            blocked=set(),
            refusals=[],
        )
        self.invariants = Invariants(self.around)
        self._start_pods()

    # --- actors ---

    def start_job(self) -> Actor:
        """Install or upgrade: another Job starts; an earlier one may be there still."""
        self._jobs_started += 1
        job = start_job(self.around, f"job-{self._jobs_started}", self.endings.append)
        self.jobs.append(job)
        return job

    def start_scale_down(self, size: int) -> Actor:
        """Upgrade to fewer servers: the prepare Job first; when it has done its part, Helm removes the pods."""
        self._jobs_started += 1
        name = f"prepare-{self._jobs_started}"
        self._forget_primary(size)
        job = start_scale_down(self.around, name, size, self.endings.append)
        self._leaving[name] = size
        self.jobs.append(job)
        return job

    def kill(self, actor: Actor) -> None:
        """Kill a Job for good, or an agent, whose container starts again."""
        if actor in self.jobs:
            self.kill_job(actor)
        elif actor.is_alive:
            self.restart_agent(actor.name)

    def advance(self, actor: Actor, effects: int = 1) -> None:
        """Let an actor do some effects, but no more than is left of its step."""
        for _ in range(effects):
            is_look = actor.at.startswith(LOOKS)
            is_alive = actor.resume()
            self.invariants.check(after_a_look=is_look)
            if not is_alive:
                self._end_of_job(actor)
            self.invariants.labels_agree(actor)
            if not is_alive or actor.at in _ENDS_OF_STEPS:
                return

    def _end_of_job(self, actor: Actor) -> None:
        """Do what Helm does then: it changes the values and starts the Job that comes after."""
        self.jobs.remove(actor)
        size = self._leaving.pop(actor.name, 0)
        if size and self.endings[-1] == "done":
            self.scale(size)
            self.start_job()

    @property
    def actors(self) -> list[Actor]:
        """Everybody who acts."""
        return [actor for actor in (*self.jobs, *self.agents.values()) if actor.name not in self.frozen]

    def finish_step(self, actor: Actor, until: str = _NEVER) -> bool:
        """Let an actor go on to the end of its step; say whether it stopped before the effect ``until``.

        One that waits for a server is left waiting.
        """
        for _ in range(MAX_EFFECTS):
            before = actor.at
            self.advance(actor)
            if actor.is_alive and until in actor.at:
                return True
            is_waiting = actor.at == before and before.endswith(_WAITS)
            if not actor.is_alive or actor.at in _ENDS_OF_STEPS or is_waiting:
                return False
        message = f"{actor.name} never ends its step: {actor.trace[-20:]}"
        raise AssertionError(message)

    def run_until(self, effect: str, rounds: int = 4) -> Actor | None:
        """Let everybody have their turn until one is about to have this effect; None when nobody gets there."""
        for _ in range(rounds):
            self.around.time.seconds += 2
            for actor in self.actors:
                if actor.is_alive and self.finish_step(actor, effect):
                    return actor
                for pod in self.pods:
                    self.react(pod)
        return None

    def react(self, pod: str) -> str:
        """Let a server do what is due inside it."""
        happened = self.replication.react(pod)
        if happened:
            self.invariants.check()
        return happened

    def close(self) -> None:
        """End every actor."""
        for actor in [*self.agents.values(), *self.jobs]:
            actor.kill()

    def scale(self, size: int) -> None:
        """Change ``serverInstances``; pods that go are shut down, pods that come find their old claims.

        Helm deletes the Job of the upgrade before, whose values are not these.
        """
        for job in list(self.jobs):
            self.kill_job(job)
        self._forget_primary(size)
        gone = NAMES.pods(max(self.size, size))[size:]
        for pod in gone:
            if pod in self.agents:
                self.agents.pop(pod).kill()
                self.replication.shut_down(pod)
        self.size = size
        self._start_pods()
        self.cluster.scale(size)

    def _forget_primary(self, size: int) -> None:
        """Take a pod that will not be there out of ``topology.primary``: the chart refuses to name one."""
        if self.cluster.primary not in NAMES.pods(size):
            self.cluster.ask(self.cluster.mode, "")

    def upgrade(self, mode: TopologyMode, primary: str = "") -> Actor:
        """Change the topology values: Helm deletes the Job of the upgrade before, and starts one."""
        for job in list(self.jobs):
            self.kill_job(job)
        self.cluster.ask(mode, primary)
        return self.start_job()

    def settle(self, rounds: int, *, seconds: float = 10.0) -> None:
        """Let everybody have their turn, again and again."""
        for _ in range(rounds):
            self.around.time.seconds += seconds
            for actor in self.actors:
                if actor.is_alive:  # Helm may have removed its pod since this round began
                    self.finish_step(actor)
                for pod in self.pods:
                    self.react(pod)

    def converge(self, rounds: int = 120) -> None:
        """End every fault and let everybody go on: the cluster gets whole, or somebody says truly why not."""
        self.heal()
        for _ in range(rounds):
            if not self.jobs and not (self.is_whole and self.is_applied):
                self.start_job()
            self.settle(1)
            if self.is_whole and self.is_applied and not self.jobs:
                break
        assert not self.is_whole or self.is_applied, self.describe()
        assert self.is_whole or self.obstacle, self.describe()

    @property
    def obstacle(self) -> str:
        """Say why the cluster cannot be whole; empty when it should be."""
        counted = self.invariants.counted
        groups = [g for g in self.replication.groups if self.replication.writers(g)]
        if groups:
            errant = [s.pod for s in self.servers if s.data.keys() - groups[0].data.keys()]
            return f"{errant} have errant transactions" if errant else ""
        if not any(all(a.data.keys() >= b.data.keys() for b in counted) for a in counted):
            return "the data has diverged"
        record = self.cluster.record
        if not record.is_bootstrapped and not record.seed and any(server.data for server in counted):
            return "the record does not know whose data is there"
        gone = [server.pod for server in counted if not server.is_up]
        return f"{gone} went before the number of members was recorded" if gone else ""

    def describe(self) -> str:
        """Say everything, for a failure."""
        asked = (self.cluster.size, self.cluster.mode.value, self.cluster.primary)
        lines = [
            f"asked {asked} record {self.cluster.record} lease {self.cluster.lease_holder!r} {self.endings[-1:]}"
        ]
        lines += [
            f"{s.pod}: {s.state} up {s.is_up} {sorted(s.data.values())[-8:]} {[(m.pod, m.role.value) for m in s.view]} "
            f"start {s.start}"
            for s in self.servers
        ]
        lines += [f"{a.name}: {a.trace[-12:]}" for a in self.actors]
        lines += [f"refused: {pair}" for pair in self.around.refusals[-4:]]
        return "\n".join(lines)

    @property
    def is_applied(self) -> bool:
        """Whether the record says that the cluster is what the values ask for."""
        record, cluster = self.cluster.record, self.cluster
        applied = (record.topology_mode, record.topology_primary) == (cluster.mode.value, cluster.primary)
        return record.is_bootstrapped and applied

    @property
    def is_bootstrapping(self) -> bool:
        """Whether some actor may be about to start a group, or a server is doing it."""
        starts = [server.start for server in self.servers if server.start is not None]
        return bool(self.cluster.lease_holder) or any(start.bootstrap for start in starts)

    @property
    def is_whole(self) -> bool:
        """Whether one group accepts writes and has every configured member ONLINE."""
        groups = self.replication.writable_groups()
        return (
            len(groups) == 1
            and groups[0].online == set(self.pods)
            and all(
                s.runs
                and not s.is_mute
                and s.state is MemberState.ONLINE
                and not s.offline_mode
                and not s.bootstrap_group
                for s in self.servers
            )
        )

    def _start_pods(self) -> None:
        for pod in self.pods:
            if pod not in self.agents:
                server = self.replication.servers.setdefault(pod, Server(pod, f"uuid-{pod}"))
                server.is_up = True
                self.agents[pod] = start_agent(self.around, pod)


def created(size: int = 3, mode: TopologyMode = TopologyMode.SINGLE_PRIMARY) -> World:
    """Give a world in which the Job has created the cluster and everything is well; its agents have just started."""
    world = World(size, mode)
    around = world.around
    around.time.seconds, around.cluster, around.replication = deepcopy(_creation(size, mode))
    world.endings.append("done")
    world.invariants.check()
    return world


@cache
def _creation(size: int, mode: TopologyMode) -> tuple[float, Cluster, Replication]:
    """Give what a Job makes out of nothing: it does so once for all worlds of this size."""
    world = World(size, mode)
    world.start_job()
    for _ in range(30):
        world.settle(1, seconds=1)
        if world.endings:
            break
    assert world.endings == ["done"], world.endings
    assert world.is_whole
    world.close()
    return world.around.time.seconds, world.cluster, world.replication
