"""Routers that the primary cannot reach are taken out of the Service, but never all."""

import itertools

from innodb_cluster.decide.routers import MISSES, RouterSight, decide_routers
from innodb_cluster.model.actions import LabelRouter


def router(pod: str, misses: int = 0, *, ready: bool = True, led_to: bool = True) -> RouterSight:
    """Build a router, by default one in service that answers."""
    return RouterSight(pod, ready, led_to, misses)


def changes(*routers: RouterSight) -> dict[str, bool]:
    """What is decided, by pod."""
    return {action.pod: action.reachable for action in decide_routers(routers)}


def test_reachable_routers_are_left_alone() -> None:
    """An empty plan."""
    assert changes(router("a"), router("b")) == {}
    assert changes() == {}


def test_a_router_is_taken_out_after_several_misses_in_a_row() -> None:
    """Fewer are a network that drops packets."""
    assert changes(router("a"), router("b", MISSES - 1)) == {}
    assert changes(router("a"), router("b", MISSES)) == {"b": False}


def test_a_router_that_answers_is_led_to_again() -> None:
    """At the first answer, and not before."""
    assert changes(router("a"), router("b", 1, led_to=False)) == {}
    assert changes(router("a"), router("b", led_to=False)) == {"b": True}


def test_with_no_router_in_reach_all_stay_in_service() -> None:
    """Then it is the primary's own network that is broken; also those that were out come back."""
    assert changes(router("a", MISSES), router("b", MISSES)) == {}
    assert changes(router("a", MISSES), router("b", MISSES, led_to=False)) == {"b": True}


def test_a_router_that_is_not_ready_counts_for_nothing() -> None:
    """It serves nobody: the last one that does is not taken out for it."""
    assert changes(router("a", ready=False), router("b", MISSES)) == {}


def test_never_are_all_ready_routers_out() -> None:
    """Whatever is seen of three of them, in any order."""
    sights = [
        (misses, ready, led_to)
        for misses in (0, 1, MISSES)
        for ready in (True, False)
        for led_to in (True, False)
    ]
    for three in itertools.product(sights, repeat=3):
        routers = [
            RouterSight(str(number), ready, led_to, misses)
            for number, (misses, ready, led_to) in enumerate(three)
        ]
        decided = {action.pod: action.reachable for action in decide_routers(routers)}
        after = [decided.get(each.pod, each.is_led_to) for each in routers if each.is_ready]
        assert any(after) or not after, routers


def test_the_reason_is_said() -> None:
    """For the Event on the router's pod."""
    assert decide_routers([router("a"), router("b", MISSES)]) == (
        LabelRouter(
            "b",
            reachable=False,
            because="the primary cannot reach this router: the client Service does not lead to it any more",
        ),
    )
