"""Waits until every router routes, and shows routers that came or went in the metadata."""

from innodb_cluster.decide.health import Health
from innodb_cluster.model.actions import EnsureMetadata
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def wait_for_routers(_observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Wait for routers without destinations."""
    if not progress.routers_waited_for:
        return None
    because = "waiting for routers: " + ", ".join(progress.routers_waited_for)
    return Plan(health.state, because, requeue_after_seconds=0.5)


def register_routers(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Make the metadata show the router pods that there are, when they are not those that were there before."""
    if set(progress.routers) == set(progress.metadata_routers):
        return None
    mode = health.authority.mode if health.authority else observation.settings.topology_mode
    because = f"the metadata shows the routers: {', '.join(sorted(progress.routers)) or 'none'}"
    actions = (EnsureMetadata(health.primaries[0], mode),)
    return Plan(health.state, because, actions, requeue_after_seconds=0.2)
