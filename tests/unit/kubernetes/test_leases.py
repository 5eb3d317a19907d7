"""Leases: never two holders, whatever clocks and conflicts do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import LEASES
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi

LEASE = "db-bootstrap"
PATH = LEASES.path("ns", LEASE)
SECONDS = 30


class Actor:
    """One process: its own name, memory and clock."""

    def __init__(self, name: str, api: InMemoryApi) -> None:
        self.name = name
        self.clock = FakeClock()
        self.kubernetes = KubernetesApi("ns", api, self.clock)

    def acquire(self) -> bool:
        return self.kubernetes.acquire_lease(LEASE, self.name, SECONDS)

    def renew(self) -> bool:
        return self.kubernetes.renew_lease(LEASE, self.name)

    def release(self) -> None:
        self.kubernetes.release_lease(LEASE, self.name)


@pytest.fixture
def api() -> InMemoryApi:
    """One API that all actors of a test share."""
    return InMemoryApi()


def test_the_first_who_asks_gets_it(api: InMemoryApi) -> None:
    """The second does not, and the first may ask again."""
    first, second = Actor("a", api), Actor("b", api)
    assert first.acquire()
    assert not second.acquire()
    assert first.acquire()


def test_a_released_lease_is_free_at_once(api: InMemoryApi) -> None:
    """No waiting for the duration."""
    first, second = Actor("a", api), Actor("b", api)
    first.acquire()
    first.release()
    assert second.acquire()
    assert api.objects[PATH]["spec"]["leaseTransitions"] == 1


def test_a_dead_holder_loses_it_after_the_duration(api: InMemoryApi) -> None:
    """As seen by the one who waits, on its own clock."""
    first, second = Actor("a", api), Actor("b", api)
    first.acquire()
    assert not second.acquire()
    second.clock.sleep(SECONDS - 1)
    assert not second.acquire()
    second.clock.sleep(1)
    assert second.acquire()
    assert not first.renew()


def test_a_holder_that_renews_keeps_it(api: InMemoryApi) -> None:
    """Each renewal starts the observer's waiting again."""
    first, second = Actor("a", api), Actor("b", api)
    first.acquire()
    for _ in range(5):
        assert not second.acquire()
        second.clock.sleep(SECONDS - 1)
        first.clock.sleep(1)
        assert first.renew()


def test_a_wrong_clock_takes_nothing(api: InMemoryApi) -> None:
    """A process whose clock is a day ahead has to wait as long as the others."""
    first, second = Actor("a", api), Actor("b", api)
    first.acquire()
    second.clock.sleep(86_400)
    assert not second.acquire()


def test_of_two_that_take_over_one_wins(api: InMemoryApi) -> None:
    """Both have seen it expire; the second write is based on a version that has passed."""
    first, second, third = (Actor(name, api) for name in "abc")
    first.acquire()
    for actor in (second, third):
        assert not actor.acquire()
        actor.clock.sleep(SECONDS)
    assert second.acquire()
    assert not third.acquire()


def test_a_conflict_is_a_no(api: InMemoryApi) -> None:
    """Also at the very first creation."""
    api.statuses["create", "leases"] = 409
    assert not Actor("a", api).acquire()


def test_what_is_not_held_is_neither_renewed_nor_released(api: InMemoryApi) -> None:
    """A late release must not free the next holder's Lease."""
    first, second = Actor("a", api), Actor("b", api)
    assert not first.renew()
    first.release()
    second.acquire()
    first.release()
    assert not first.renew()
    assert second.renew()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["acquire", "renew", "release", "wait"]))))
def test_never_two_holders(steps: list[tuple[str, str]]) -> None:
    """Whoever was told yes last, and since then nobody else, is the one in the Lease."""
    api = InMemoryApi()
    actors = {name: Actor(name, api) for name in "abc"}
    holder = ""
    for name, step in steps:
        actor = actors[name]
        if step == "wait":
            actor.clock.sleep(SECONDS)
        elif step == "release":
            actor.release()
            holder = "" if holder == name else holder
        elif step == "renew":
            assert actor.renew() == (holder == name)
        elif actor.acquire():
            holder = name
        assert (api.objects.get(PATH, {}).get("spec", {}).get("holderIdentity") or "") == holder
