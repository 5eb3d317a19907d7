"""Makes metadata and record show the members that there are."""

from innodb_cluster.decide.health import Health
from innodb_cluster.model.actions import EnsureMetadata, RecordBootstrapped
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress


def settle_members(observation: Observation, health: Health, progress: Progress) -> Plan | None:
    """Show every member in the metadata, then take number and mode over into the record."""
    record = observation.record
    if record is None:
        return None
    mode = health.authority.mode if health.authority else observation.settings.topology_mode
    if set(progress.metadata_members) != set(health.online) or progress.metadata_mode not in {None, mode}:
        because = f"every member is ONLINE, in {mode} mode: the metadata shows them"
        actions = (EnsureMetadata(health.primaries[0], mode),)
        return Plan(health.state, because, actions, requeue_after_seconds=0.2)
    if record.topology_mode != mode or record.server_instances != str(observation.settings.server_instances):
        because = "the record takes over the mode and the number of members"
        return Plan(health.state, because, (RecordBootstrapped(mode),), requeue_after_seconds=0.2)
    return None


def wait_for_answers(observation: Observation, health: Health, _progress: Progress) -> Plan | None:
    """Wait for members that the others see ONLINE, and that answer the Job nothing.

    One may still present the certificate of a CA that was replaced: the kubelet takes a
    minute or so to show a changed Secret in its volume.
    """
    silent = [pod for pod in observation.settings.pods if pod in observation.silent]
    if not silent:
        return None
    because = f"every member is ONLINE, and no answer comes from {', '.join(silent)}"
    return Plan(health.state, because, requeue_after_seconds=0.5)
