"""Waits until every router routes."""

from innodb_cluster.decide.health import Health
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def wait_for_routers(_observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Wait for routers without destinations."""
    if not progress.routers_waited_for:
        return None
    because = "waiting for routers: " + ", ".join(progress.routers_waited_for)
    return Plan(health.state, because, requeue_after_seconds=0.5)
