"""Says in words what would be done next, and why: for people, before anything is."""

from dataclasses import dataclass

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import describe
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import Settings

NOT_SEEN = "accounts, metadata rows, routers and pods that are being replaced"
"""What a pod's agent does not look at, and the converge Job does."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that both decisions are made from, as ``innodb-cluster explain --save`` writes it."""

    pod: str
    """Whose agent is asked."""
    observation: Observation
    progress: Progress


def explain(scene: Scene) -> str:
    """Give the text of ``innodb-cluster explain``."""
    job = decide_creation(scene.observation, scene.progress)
    agent = decide_repair(scene.observation, scene.pod)
    settings, record = scene.observation.settings, scene.observation.record
    lines = [
        f"state     {job.state}",
        f"values    {_values(settings)}",
        f"record    {_record(scene.observation)}" if record else "record    none",
        f"servers   {_servers(scene.observation)}",
        "",
        "The converge Job, at an upgrade with these values",
        *_plan(
            job, "nothing: the cluster is what the values ask for" if job.done else "nothing yet: it waits"
        ),
        f"  not seen  {NOT_SEEN}",
        "",
        f"The agent of {scene.pod}",
        *_plan(agent, "nothing"),
    ]
    return "\n".join(lines)


def _values(settings: Settings) -> str:
    mode = settings.topology_mode if settings.topology_mode_is_asked else "left alone"
    primary = settings.topology_primary or "elected"
    return f"serverInstances {settings.server_instances}, topology.mode {mode}, topology.primary {primary}"


def _plan(plan: Plan, nothing: str) -> list[str]:
    actions = [describe(action) for action in plan.actions] or [nothing]
    lines = [f"  because   {plan.because}"]
    if plan.refusal:
        return [*lines, f"  refused   {plan.refusal.what_to_do}"]
    return [*lines, *(f"  {'then' if index else 'does':9} {line}" for index, line in enumerate(actions))]


def _record(observation: Observation) -> str:
    record = observation.record
    if record is None or not record.is_bootstrapped:
        return "the cluster was never created"
    return (
        f"created {record.bootstrapped}, serverInstances {record.server_instances}, "
        f"mode {record.topology_mode}, primary last applied: {record.topology_primary or 'none'}"
    )


def _servers(observation: Observation) -> str:
    answered = [
        f"{server.pod} {server.state}"
        + (f" {server.role}" if server.role else "")
        + (f", {server.backlog} transactions to apply" if server.backlog else "")
        for server in observation.servers
    ]
    return "; ".join([*answered, *(f"{pod} does not answer" for pod in observation.silent)])
