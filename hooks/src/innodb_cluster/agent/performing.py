"""The effects of an actor beside a server: what its observer already holds, and how it looks and decides again."""

from collections.abc import Callable

from innodb_cluster.agent.observer import Observer
from innodb_cluster.effects.performer import Performer
from innodb_cluster.model.actions import BootstrapGroup
from innodb_cluster.model.observation import Observation


def performer_of(
    observer: Observer,
    actor: str,
    observation: Observation,
    observe: Callable[[], Observation],
    may_bootstrap: Callable[[Observation, BootstrapGroup], bool],
) -> Performer:
    """Give a performer that connects and asks the API as the observer does."""
    return Performer(
        actor=actor,
        clock=observer.clock,
        settings=observation.settings,
        api=observer.api,
        connect=observer.connect,
        secrets=observer.secrets,
        observe=observe,
        may_bootstrap=may_bootstrap,
        beside=observer.pod,
    )
