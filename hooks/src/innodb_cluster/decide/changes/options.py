"""Brings ``serverConfig.mycnf`` to running servers: by SQL where a server takes it, by a restart where it does not.

Every mysqld tells which text it was started with, so nobody is restarted who started with the newest. What was last brought to
all of them is in the record; while that goes on, so are the names of the options that may differ: a Job that was killed
and an upgrade that is taken back lead on from there.
"""

from innodb_cluster.decide.health import Health
from innodb_cluster.decide.server_options import assignments, pending_options
from innodb_cluster.model.actions import RecordOptions, SetOptions
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def settle_options(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Set the options that changed on every running server.

    Also on those that were started with this very text: an upgrade that was taken back may have changed them since.
    """
    names = _pending(observation, progress)
    if not names or observation.record is None or progress.options is None:
        return None
    changing = ",".join(sorted(names))
    if observation.record.mycnf_changing != changing:
        because = f"serverConfig.mycnf changed: {changing}"
        action = RecordOptions(observation.record.mycnf, changing)
        return Plan(health.state, because, (action,), requeue_after_seconds=0.1)
    tried, _ = assignments(names, progress.options.text, progress.options.base_names)
    known = {outcome.pod for outcome in progress.options_set}
    left = [server.pod for server in observation.servers if server.pod not in known]
    if not left or not tried:
        return None
    because = f"setting {', '.join(assignment.name for assignment in tried)} on {', '.join(left)}"
    return Plan(
        health.state, because, tuple(SetOptions(pod, tried) for pod in left), requeue_after_seconds=0.1
    )


def record_options(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Write down that every server has the text; called when nobody is left to restart."""
    record, wanted = observation.record, progress.options
    if record is None or wanted is None or (record.mycnf == wanted.text and not record.mycnf_changing):
        return None
    because = "every server has the options of serverConfig.mycnf: the record takes them over"
    return Plan(health.state, because, (RecordOptions(wanted.text, ""),), requeue_after_seconds=0.1)


def restarts_for_options(observation: Observation, progress: Progress) -> frozenset[str]:
    """Name the pods whose server has to start again, because it did not take an option while it ran."""
    names = _pending(observation, progress)
    if not names or progress.options is None:
        return frozenset()
    _, at_start = assignments(names, progress.options.text, progress.options.base_names)
    refused = {outcome.pod for outcome in progress.options_set if outcome.refused}
    return frozenset(
        pod for pod in _started_with_another(observation, progress) if at_start or pod in refused
    )


def options_are_pending(observation: Observation, progress: Progress) -> bool:
    """Whether servers may run with other options than the values say."""
    return bool(_pending(observation, progress))


def _pending(observation: Observation, progress: Progress) -> frozenset[str]:
    if observation.record is None or progress.options is None:
        return frozenset()
    return pending_options(observation.record, progress.options.text)


def _started_with_another(observation: Observation, progress: Progress) -> tuple[str, ...]:
    marker = progress.options.marker if progress.options else ""
    return tuple(server.pod for server in observation.servers if server.started_with != marker)
