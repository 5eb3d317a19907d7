"""When a router is ready: decided from what was seen."""

import pytest

from innodb_cluster.agent.router import RouteHealth, decide_readiness

ALIVE, DEAD, UNKNOWN = RouteHealth.ALIVE, RouteHealth.DEAD, RouteHealth.UNKNOWN


@pytest.mark.parametrize("listening", [True, False])
def test_before_the_cluster_exists_listening_is_enough(*, listening: bool) -> None:
    """Installers wait for ready pods before they run the hook that creates it."""
    found = decide_readiness(is_bootstrapped=False, is_listening=listening, health={"rw": DEAD, "ro": DEAD})
    assert found.is_ready is listening


@pytest.mark.parametrize(
    ("health", "ready"),
    [
        ({"rw": ALIVE}, True),
        ({"rw": DEAD, "ro": ALIVE}, True),
        ({"rw": DEAD, "ro": DEAD}, False),
        ({}, False),
    ],
)
def test_afterwards_it_needs_a_destination(health: dict[str, RouteHealth], *, ready: bool) -> None:
    """Reads alone are worth it; listening is not."""
    assert decide_readiness(is_bootstrapped=True, is_listening=True, health=health).is_ready is ready


@pytest.mark.parametrize("listening", [True, False])
def test_a_changed_password_takes_no_router_out_of_service(*, listening: bool) -> None:
    """The REST interface answers, and does not say: judged by whether it listens."""
    found = decide_readiness(
        is_bootstrapped=True, is_listening=listening, health={"rw": UNKNOWN, "ro": UNKNOWN}
    )
    assert found.is_ready is listening
