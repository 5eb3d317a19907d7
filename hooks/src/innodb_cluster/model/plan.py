"""What was decided, and why."""

from dataclasses import dataclass

from innodb_cluster.model.actions import Action
from innodb_cluster.model.state import GroupState


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing may be done, and what a person can do."""

    reason: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The next actions towards what the values ask for.

    Stopping after any of the actions is safe: the next observation leads on from there.
    """

    state: GroupState
    because: str
    """One sentence for the log and the Event."""
    actions: tuple[Action, ...] = ()
    requeue_after_seconds: float = 2.0
    done: bool = False
    """Nothing is left to do: what is asked for is what is there."""
    refusal: Refusal | None = None
