"""Names everything that an upgrade has left to change, not only what comes first.

A plan holds the next step alone, because what follows is decided on what is seen then. People
want to know before what is coming: ``innodb-cluster explain`` and the converge Job's log tell
them the same, from here.
"""

from innodb_cluster.decide.changes.options import options_are_pending
from innodb_cluster.decide.changes.steps import pending_plans
from innodb_cluster.decide.health import classify
from innodb_cluster.decide.server_options import assignments, pending_options
from innodb_cluster.model.actions import RecordOptions
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def foresee(observation: Observation, progress: Progress) -> tuple[str, ...]:
    """Say in one line each what is to change, in order; empty when nothing is, or members are missing.

    A group that is not whole is waited for or refused first, and the plan says so.
    """
    health = classify(observation)
    record = observation.record
    if record is None or not record.is_bootstrapped or not health.primaries:
        return ()
    if not set(observation.settings.names.pods(record.members)) <= set(health.online):
        return ()
    plans = pending_plans(observation, health, progress)
    pending = (plan.because for plan in plans if not _only_ends_options(plan))
    return (*_options(observation, progress), *pending)


def _only_ends_options(plan: Plan) -> bool:
    """Whether a plan writes down that all options are there: true only when what stands before it is done."""
    return any(isinstance(action, RecordOptions) and not action.changing for action in plan.actions)


def _options(observation: Observation, progress: Progress) -> tuple[str, ...]:
    """Say how each option of ``serverConfig.mycnf`` that changed comes about."""
    wanted, record = progress.options, observation.record
    if wanted is None or record is None or not options_are_pending(observation, progress):
        return ()
    names = pending_options(record, wanted.text)
    by_sql, at_start = assignments(names, wanted.text, wanted.base_names)
    refused = sorted({name for outcome in progress.options_set for name in outcome.refused})
    lines = []
    if by_sql:
        shown = ", ".join(map(str, by_sql))
        lines.append(f"by SQL, and by restarts of the servers that do not take it: {shown}")
    if restarted := sorted({*at_start, *refused}):
        lines.append(f"by restarts alone: {', '.join(restarted)}")
    return tuple(lines)
