"""Waits until every pod is of the newest template and ready."""

from innodb_cluster.decide.health import Health
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def wait_for_rollouts(_observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Wait for workloads whose pods are being replaced; in between, every member may be ONLINE."""
    if not progress.rollouts_waited_for:
        return None
    because = "waiting for pods: " + ", ".join(progress.rollouts_waited_for)
    return Plan(health.state, because, requeue_after_seconds=0.5)
