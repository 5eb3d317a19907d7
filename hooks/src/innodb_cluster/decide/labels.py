"""Decides which role labels are wrong, from the majority's view only."""

from collections.abc import Mapping

from innodb_cluster.decide.health import Health
from innodb_cluster.model.actions import LabelRole
from innodb_cluster.model.observation import MemberRole, MemberState


def leads(health: Health, pod: str) -> bool:
    """Whether this pod speaks for the group: the first primary of a group with a majority."""
    return health.primaries[:1] == (pod,)


def decide_labels(health: Health, labels: Mapping[str, str]) -> tuple[LabelRole, ...]:
    """Give the changes that make ``labels`` (pod to role, empty without one) true."""
    if not health.primaries:
        return ()
    roles = {member.pod: member.role for member in health.view if member.state is MemberState.ONLINE}
    return tuple(
        LabelRole(pod, roles.get(pod, MemberRole.NONE))
        for pod, label in sorted(labels.items())
        if label != roles.get(pod, MemberRole.NONE).value.lower()
    )
