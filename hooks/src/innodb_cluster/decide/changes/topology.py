"""Brings the group into the topology mode that is asked for."""

from innodb_cluster.decide.health import Health
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan, Refusal
from innodb_cluster.model.progress import Progress


def settle_mode(observation: Observation, health: Health, _progress: Progress) -> Plan | None:
    """Refuse when the group runs in another mode than the values ask for."""
    wanted = observation.settings.topology_mode
    mode = health.authority.mode if health.authority else wanted
    if mode is wanted:
        return None
    refusal = Refusal(
        reason=f"the group runs in {mode} mode and topology.mode asks for {wanted}",
        what_to_do=f"this version sets the mode at installation only: set topology.mode={mode}",
    )
    return Plan(health.state, refusal.reason, refusal=refusal)
