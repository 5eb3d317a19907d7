"""What can break in a world, and how it ends: a history chooses among these."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from innodb_cluster.model.settings import TopologyMode
from tests.simulation.actors import Surroundings, start_agent
from tests.simulation.kubernetes import NAMES, Availability, Cluster
from tests.simulation.replication import Replication
from tests.simulation.scheduling import Actor
from tests.simulation.servers import Server

Stop = Literal[
    "crash",
    "crash and come back",
    "shut down",
    "freeze",
    "hang",
    "fail",
    "lose the disk",
    "lose the power",
    "be deleted by force",
    "lose its node",
]
"""How a server stops. A volume goes with its pod, so with the pod's agent; the power of a node, too."""
Trouble = Literal["full disk", "stuck recovery", "new address", "no names", "frozen agent"]
"""What may last while everything runs."""


@dataclass(slots=True)
class Faults:
    """Servers, the API, agents and Jobs, as far as they can be broken."""

    size: int = 3
    mode: TopologyMode = TopologyMode.SINGLE_PRIMARY
    around: Surroundings = field(init=False)
    agents: dict[str, Actor] = field(default_factory=dict)
    jobs: list[Actor] = field(default_factory=list)
    frozen: set[str] = field(default_factory=set)
    """Agents that stand still until somebody lets them go on."""

    @property
    def replication(self) -> Replication:
        return self.around.replication

    @property
    def cluster(self) -> Cluster:
        return self.around.cluster

    @property
    def pods(self) -> tuple[str, ...]:
        """Pods that the values ask for."""
        return NAMES.pods(self.size)

    @property
    def servers(self) -> list[Server]:
        return [self.replication.servers[pod] for pod in self.pods]

    def kill_job(self, job: Actor) -> None:
        """End a Job before its next effect."""
        job.kill()
        self.jobs.remove(job)

    def restart_agent(self, pod: str) -> None:
        """Kill an agent before its next effect; its container starts again."""
        self.agents[pod].kill()
        self.cluster.label_log.clear()
        self.frozen.discard(pod)
        self.agents[pod] = start_agent(self.around, pod)

    def partition(self, cells: list[int], *, sql_too: bool = False) -> None:
        """Put the servers into parts of a network whose members do not reach those of other parts.

        Without ``sql_too`` only Group Replication's own connections are cut.
        """
        for server, cell in zip(self.servers, cells, strict=False):
            server.cell = cell
        self.around.blocked.clear()
        if sql_too:
            for server in self.servers:
                for other in self.servers:
                    if server.cell != other.cell:
                        self.hide(other.pod, server.pod)

    def cut(self, pod: str, other: str, *, sql: Literal["", "one way", "both ways"]) -> None:
        """Let two servers lose each other, while others reach both: one way is enough for the group to notice."""
        if pod != other:
            self.replication.cut.add(frozenset((pod, other)))
            if sql:
                self.hide(pod, other)
            if sql == "both ways":
                self.hide(other, pod)

    def hide(self, pod: str, host: str) -> None:
        """Make a server unreachable by SQL from one host, if that is not its own."""
        if pod != host:
            self.around.blocked.add((host, pod))

    def stop(self, pod: str, how: Stop) -> None:
        """End or freeze a server's process."""
        match how:
            case "shut down":
                self.replication.shut_down(pod)
            case "freeze":
                server = self.replication.servers[pod]
                server.is_frozen = server.is_up
            case "hang":
                server = self.replication.servers[pod]
                server.is_mute = server.is_up
            case "fail":
                self.replication.fail(pod)
            case "lose the disk":
                self.restart_agent(pod)
                self.replication.lose_disk(pod)
                self.run_again(pod)
            case "lose the power":
                self.restart_agent(pod)
                self.replication.lose_power(pod)
            case "be deleted by force":
                self.restart_agent(pod)
                self.replication.crash(pod)
                self.run_again(pod)
            case "lose its node":
                self.restart_agent(pod)
                self.replication.crash(pod)
                self.cluster.place(pod, "")
            case "crash":
                self.replication.crash(pod)
            case "crash and come back":
                self.replication.crash(pod)
                self.run_again(pod)

    def run_again(self, pod: str) -> None:
        """Start or thaw a server."""
        server = self.replication.servers[pod]
        server.is_up, server.is_frozen, server.is_mute = True, False, False
        if self.cluster.waits_for_a_node(pod):
            self.cluster.place(pod, "another node")

    def lose_power_everywhere(self) -> None:
        """End every process of the release at once; the Job of an upgrade does not come back."""
        for job in list(self.jobs):
            self.kill_job(job)
        for pod in self.pods:
            self.stop(pod, "lose the power")

    def trouble(self, pod: str, what: Trouble, *, begins: bool) -> None:
        """Begin or end what lasts while everything runs."""
        server = self.replication.servers[pod]
        match what:
            case "full disk":
                server.has_full_disk = begins
            case "stuck recovery":
                server.recovery_is_stuck = begins
            case "new address":
                server.has_known_address = not begins
            case "no names":
                self.replication.names_resolve = not begins
            case "frozen agent":
                self.frozen ^= self.frozen & {pod} if not begins else {pod} - self.frozen

    def heal(self) -> None:
        """End every fault; nobody has acted on that yet."""
        self.cluster.availability = Availability.UP
        self.around.blocked.clear()
        self.replication.cut.clear()
        for server in self.servers:
            self.run_again(server.pod)
            for what in get_args(Trouble):
                self.trouble(server.pod, what, begins=False)
            server.cell = 0
