"""Decides which routers the client Service leads to, by whether the primary can reach them.

Kubernetes takes some forty seconds to notice that a node is gone, and until then sends
clients to the router there. Who decides is the primary's agent alone: a router that the
primary cannot reach cannot route a write, whoever else may reach it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from innodb_cluster.model.actions import LabelRouter

MISSES = 3
"""So many vain attempts in a row; one or two are a network that drops packets."""


@dataclass(frozen=True, slots=True)
class RouterSight:
    """One router pod as a primary's agent sees it."""

    pod: str
    is_ready: bool
    """By the kubelet's last word."""
    is_led_to: bool
    """Whether the Service may lead to it, by its label."""
    misses: int
    """Vain attempts to reach it since the last one that was answered."""


def decide_routers(routers: Sequence[RouterSight]) -> tuple[LabelRouter, ...]:
    """Give the labels that have to change.

    As long as no ready router can be reached none is taken out: then it is this pod's
    network that is broken, or nothing would be won.
    """
    lost = {router.pod for router in routers if _is_lost(router)}
    if all(router.pod in lost for router in routers if router.is_ready):
        lost = set()
    return tuple(
        LabelRouter(router.pod, router.pod not in lost, _because(router, is_lost=router.pod in lost))
        for router in routers
        if router.is_led_to is (router.pod in lost)
    )


def _is_lost(router: RouterSight) -> bool:
    """Whether it is out of reach; one that was taken out stays so until it answers."""
    return router.misses >= MISSES or (router.misses > 0 and not router.is_led_to)


def _because(router: RouterSight, *, is_lost: bool) -> str:
    if is_lost:
        return "the primary cannot reach this router: the client Service does not lead to it any more"
    if router.misses:
        return "no router can be reached from the primary: the client Service leads to all of them"
    return "the primary reaches this router again: the client Service leads to it"
