"""Puts the changes of an upgrade in order: the first that has something to do decides the plan."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from innodb_cluster.decide.changes.members import settle_members, wait_for_answers
from innodb_cluster.decide.changes.options import record_options, settle_options
from innodb_cluster.decide.changes.rollout import replace_outdated, wait_for_rollouts
from innodb_cluster.decide.changes.routers import register_routers, wait_for_routers
from innodb_cluster.decide.changes.topology import check_topology, settle_mode, settle_primary
from innodb_cluster.decide.health import Health
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress

Step: TypeAlias = Callable[[Observation, Health, Progress], Plan | None]
"""Gives a plan, or None when nothing of its kind is left to do."""

STEPS: tuple[Step, ...] = (
    check_topology,
    settle_members,
    settle_options,
    settle_mode,
    replace_outdated,
    record_options,
    settle_primary,
    wait_for_routers,
    register_routers,
    wait_for_rollouts,
    wait_for_answers,
)


def decide_changes(observation: Observation, health: Health, progress: Progress) -> Plan:
    """Say what to do next on a group whose configured members are all ONLINE, with a primary."""
    nothing = Plan(health.state, "every member is ONLINE and every router routes", done=True)
    return next(pending_plans(observation, health, progress), nothing)


def pending_plans(observation: Observation, health: Health, progress: Progress) -> Iterator[Plan]:
    """Give what each kind of change has to do, as things are now; the first alone is what is done next."""
    for step in STEPS:
        plan = step(observation, health, progress)
        if plan is not None:
            yield plan
            if plan.refusal:
                return
