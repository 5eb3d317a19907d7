"""States of a group, as ``docs/states.md`` explains them."""

from enum import StrEnum


class GroupState(StrEnum):
    """What is known of the group from everything that answered.

    An ``_UNCERTAIN`` state means that servers which did not answer could hide a
    majority of their own: nothing may be done that would contradict it.
    """

    NEW = "NEW"
    ONLINE = "ONLINE"
    ONLINE_PARTIAL = "ONLINE_PARTIAL"
    ONLINE_UNCERTAIN = "ONLINE_UNCERTAIN"
    NO_QUORUM = "NO_QUORUM"
    NO_QUORUM_UNCERTAIN = "NO_QUORUM_UNCERTAIN"
    OFFLINE = "OFFLINE"
    OFFLINE_UNCERTAIN = "OFFLINE_UNCERTAIN"
    SPLIT_BRAIN = "SPLIT_BRAIN"
    SPLIT_BRAIN_UNCERTAIN = "SPLIT_BRAIN_UNCERTAIN"

    @property
    def serves(self) -> bool:
        """Whether a majority is there that takes writes."""
        return self in {GroupState.ONLINE, GroupState.ONLINE_PARTIAL, GroupState.ONLINE_UNCERTAIN}
