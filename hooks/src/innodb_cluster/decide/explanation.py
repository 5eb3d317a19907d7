"""Says in words what would be done next, and why: for people, before anything is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.foresight import foresee
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.decide.scale_down import decide_scale_down, shrinks
from innodb_cluster.model.actions import describe
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.pods import PodView
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import Settings

NOT_SEEN = "accounts and the metadata's rows of members"
"""What a pod's agent does not look at, and the converge Job does."""
NOT_SEEN_YET = "pod templates, which Kubernetes compares when Helm has applied them"


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that the decisions are made from, as ``innodb-cluster explain --save`` writes it."""

    pod: str
    """Whose agent is asked."""
    observation: Observation
    progress: Progress
    is_before_upgrade: bool = False
    """Whether the settings are those of manifests that Helm has not applied."""
    routers: tuple[PodView, ...] = ()
    """Router pods."""


def explain(scene: Scene) -> str:
    """Give the text of ``innodb-cluster explain``."""
    job = decide_creation(scene.observation, scene.progress)
    agent = decide_repair(scene.observation, scene.pod)
    record = scene.observation.record
    lines = [
        f"state     {job.state}",
        f"values    {_values(scene.observation.settings)}",
        f"record    {_record(scene.observation)}" if record else "record    none",
        f"servers   {_servers(scene.observation)}",
        f"pods      {_pods(scene)}",
        f"routers   {_routers(scene.routers)}",
        *_preparation(scene.observation),
        "",
        "The converge Job, at an upgrade with these values",
        *_plan(
            job, "nothing: the cluster is what the values ask for" if job.done else "nothing yet: it waits"
        ),
        *_later(scene, job),
        f"  not seen  {NOT_SEEN}{f'; {NOT_SEEN_YET}' if scene.is_before_upgrade else ''}",
        "",
        f"The agent of {scene.pod}",
        *_plan(agent, "nothing"),
    ]
    return "\n".join(lines)


def without_values(scene: Scene) -> Scene:
    """Give the scene without the values of ``serverConfig.mycnf``, one of which may be a secret.

    Equal values stay equal, so the decisions are the same.
    """
    known: dict[str, str] = {}
    observation, options = scene.observation, scene.progress.options
    if observation.record is not None:
        record = replace(observation.record, mycnf=_masked(observation.record.mycnf, known))
        observation = replace(observation, record=record)
    if options is not None:
        options = replace(options, text=_masked(options.text, known))
    return replace(scene, observation=observation, progress=replace(scene.progress, options=options))


def _masked(text: str, known: dict[str, str]) -> str:
    def masked(line: str) -> str:
        name, equals, value = line.partition("=")
        return f"{name}= value{known.setdefault(value.strip(), str(len(known) + 1))}" if equals else line

    return "\n".join(masked(line) for line in text.splitlines() if not line.lstrip().startswith(("#", ";")))


def _preparation(observation: Observation) -> list[str]:
    """Say how members leave, which the prepare Job sees to before Helm takes their pods away."""
    record, target = observation.record, observation.settings.server_instances
    if record is None or not shrinks(record, target):
        return []
    before = replace(observation, settings=replace(observation.settings, server_instances=record.members))
    plan = decide_scale_down(before, target)
    return ["", "The prepare Job, before Helm changes anything", *_plan(plan, "nothing yet: it waits")]


def _later(scene: Scene, job: Plan) -> list[str]:
    """Name what the upgrade changes beside its next step."""
    return [
        f"  later     {line}"
        for line in foresee(scene.observation, scene.progress)
        if line != job.because and not job.refusal
    ]


def _values(settings: Settings) -> str:
    mode = settings.topology_mode if settings.topology_mode_is_asked else "left alone"
    return ", ".join(
        f"{name} {value}"
        for name, value in {
            "serverInstances": settings.server_instances,
            "routerInstances": settings.router_instances,
            "topology.mode": mode,
            "topology.primary": settings.topology_primary or "elected",
            "restore.snapshotName": settings.restore.snapshot_name,
        }.items()
        if value != ""
    )


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
    known: Mapping[str, str] = {
        "created": record.bootstrapped,
        "serverInstances": record.server_instances,
        "mode": record.topology_mode,
        "primary last applied:": record.topology_primary or "none",
        "restore last applied:": record.restore_applied,
        "restore under way:": record.restore_phase
        and f"{record.restore_key} in phase {record.restore_phase}",
        "options being changed:": record.mycnf_changing,
    }
    return ", ".join(f"{name} {value}" for name, value in known.items() if value)


def _servers(observation: Observation) -> str:
    answered = [
        f"{server.pod} {server.state}"
        + (f" {server.role}" if server.role else "")
        + (f", {server.backlog} transactions to apply" if server.backlog else "")
        for server in observation.servers
    ]
    return "; ".join([*answered, *(f"{pod} does not answer" for pod in observation.silent)])


def _pods(scene: Scene) -> str:
    """Say of each server pod whether it is ready, and what of it is older than what the values ask for."""
    rollout, options = scene.progress.servers, scene.progress.options
    if rollout is None:
        return "no StatefulSet"
    shown = []
    for pod in rollout.pods:
        server = scene.observation.server(pod.name)
        words = [pod.name, _shown(pod)]
        if rollout.is_outdated(pod):
            words.append("of an older template")
        if server and options and server.started_with != options.marker:
            words.append("started with another serverConfig.mycnf")
        shown.append(" ".join(words))
    return "; ".join(shown) or "none"


def _routers(routers: tuple[PodView, ...]) -> str:
    return "; ".join(f"{pod.name} {_shown(pod)}" for pod in routers) or "none"


def _shown(pod: PodView) -> str:
    if pod.deleting:
        return "ending"
    return "ready" if pod.ready else pod.waiting or f"not ready ({pod.phase})"
