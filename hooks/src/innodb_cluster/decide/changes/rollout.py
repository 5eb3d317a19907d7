"""Brings server pods to the newest template and option file: one by one, in an order that clients hardly notice.

Secondaries first, those with the highest ordinals before the others; then the primary role moves to one that is new
already, and the old primary follows as a secondary. The StatefulSet itself replaces nothing (``OnDelete``).
"""

from innodb_cluster.decide.changes.options import options_are_pending, restarts_for_options
from innodb_cluster.decide.changes.topology import MAX_BACKLOG
from innodb_cluster.decide.health import Health
from innodb_cluster.model.actions import ReplacePod, SwitchPrimary
from innodb_cluster.model.observation import MemberState, Observation, ViewMember
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.pods import PodView, ServerRollout
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.state import GroupState

_SPLIT = {GroupState.SPLIT_BRAIN, GroupState.SPLIT_BRAIN_UNCERTAIN}
MAX_SWITCHES_REFUSED = 3
"""How often handing over is tried; the server refuses also while another switch runs."""


def replace_outdated(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Replace the next pod that is outdated, while every member is ONLINE and every pod ready."""
    rollout = progress.servers
    if rollout is None:
        return None
    if not rollout.update_revision:
        return _wait(health, "waiting for Kubernetes to take the StatefulSet's new specification over")
    pods = [rollout.pod(name) for name in observation.settings.pods]
    restarts = restarts_for_options(observation, progress)
    outdated = [pod for pod in pods if pod is not None and (rollout.is_outdated(pod) or pod.name in restarts)]
    unready = _unready(observation, rollout)
    if not outdated and not unready:
        return None
    if unready:
        return _wait(health, f"waiting for pods: {', '.join(unready)} ({len(outdated)} left to restart)")
    if health.state is not GroupState.ONLINE:
        return _wait(
            health, "before the next server is restarted, waiting for the members that leave or join"
        )
    secondaries = [pod for pod in outdated if pod.name not in health.primaries]
    is_single = health.authority is not None and health.authority.mode is TopologyMode.SINGLE_PRIMARY
    if secondaries or not is_single:
        return _replace(health, (secondaries or outdated)[-1], len(outdated))
    return _replace_primary(observation, health, progress, outdated[-1])


def replace_broken(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Replace outdated pods that take no part in the group, whatever the others do.

    After a template or option that cannot work was taken back, its pods never become ONLINE, and nothing healthy may be
    restarted before they do. One whose server is only silent is left alone: it may be on the other side of a partition,
    or recovering from a crash. Which options a server that does not answer was started with cannot be asked, so while
    they change its pod is replaced once in a run.
    """
    rollout = progress.servers
    if rollout is None or not rollout.update_revision or health.state in _SPLIT:
        return None
    broken = [
        pod
        for pod in rollout.pods
        if pod.name in observation.settings.pods
        and not pod.deleting
        and (rollout.is_outdated(pod) or _may_have_other_options(observation, progress, pod))
        and _is_outside(observation, health, pod)
    ]
    if not broken:
        return None
    names = ", ".join(pod.name for pod in broken)
    because = f"{names}: outdated and in no group, replaced before the others"
    actions = tuple(ReplacePod(pod.name, pod.uid, because) for pod in broken)
    return Plan(health.state, because, actions, requeue_after_seconds=1.0)


def wait_for_rollouts(_observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Wait for workloads whose pods are being replaced; in between, every member may be ONLINE."""
    if not progress.rollouts_waited_for:
        return None
    because = "waiting for pods: " + ", ".join(progress.rollouts_waited_for)
    return Plan(health.state, because, requeue_after_seconds=0.5)


def _replace(health: Health, pod: PodView, left: int) -> Plan:
    role = "a primary" if pod.name in health.primaries else "a secondary"
    because = f"{pod.name}, {role}, is outdated ({left} left): restarting it"
    return Plan(health.state, because, (ReplacePod(pod.name, pod.uid, because),), requeue_after_seconds=0.5)


def _replace_primary(observation: Observation, health: Health, progress: Progress, pod: PodView) -> Plan:
    """Hand over first; where the server does not let it, end the old primary, which leaves its group before it stops.

    A member of a newer version than the group's lowest cannot be made primary by hand (MySQL manual,
    group_replication_set_as_primary), and after an upgrade every other one is.
    """
    members = {member.pod: member for member in health.view}
    others = [member for name, member in members.items() if name != pod.name]
    if not others:
        return _replace(health, pod, 1)
    own, settings = members[pod.name], observation.settings
    eligible = [member for member in others if _version(member) <= _version(own)]
    if not eligible or progress.switches_refused >= MAX_SWITCHES_REFUSED:
        because = f"{pod.name}, the primary, is the last that is outdated and leaves its group to restart"
        action = ReplacePod(pod.name, pod.uid, because)
        return Plan(health.state, because, (action,), requeue_after_seconds=0.3)
    ready = [member for member in eligible if _has_caught_up(observation, member.pod)]
    if not ready:
        return _wait(
            health, f"before {pod.name}, the primary, is restarted, waiting for another one to catch up"
        )
    successor = min(
        ready,
        key=lambda member: (member.pod != settings.topology_primary, settings.names.ordinal(member.pod)),
    )
    because = f"{pod.name}, the primary, is the last that is outdated: {successor.pod} takes over"
    switch = SwitchPrimary(pod.name, successor.pod, successor.server_uuid)
    return Plan(health.state, because, (switch,), requeue_after_seconds=0.1)


def _unready(observation: Observation, rollout: ServerRollout) -> list[str]:
    found = {name: rollout.pod(name) for name in observation.settings.pods}
    return [name for name, pod in found.items() if pod is None or pod.deleting or not pod.ready]


def _is_outside(observation: Observation, health: Health, pod: PodView) -> bool:
    """Whether a pod certainly serves nobody and takes no part in any group."""
    seen = {member.pod: member.state for member in health.view}
    if seen.get(pod.name, MemberState.OFFLINE).in_group or pod.ready:
        return False
    server = observation.server(pod.name)
    if server is None:
        return pod.phase in {"Pending", "Failed"} or bool(pod.waiting)
    return health.authority is not None and not server.state.in_group


def _may_have_other_options(observation: Observation, progress: Progress, pod: PodView) -> bool:
    if pod.name in progress.replaced or not options_are_pending(observation, progress):
        return False
    server = observation.server(pod.name)
    wanted = progress.options.marker if progress.options else ""
    return server is None or server.started_with != wanted


def _has_caught_up(observation: Observation, pod: str) -> bool:
    """Whether clients would hardly wait for what it has still to apply."""
    server = observation.server(pod)
    return server is not None and server.backlog <= MAX_BACKLOG


def _version(member: ViewMember) -> tuple[int, ...]:
    return tuple(int(part) for part in member.version.split(".") if part.isdigit())


def _wait(health: Health, because: str) -> Plan:
    return Plan(health.state, because, requeue_after_seconds=0.5)
