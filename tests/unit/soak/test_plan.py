"""The plan of a soak."""

from itertools import islice

from tests.soak.plan import MAX_SECONDS, NEEDS_THE_API, ONE_WAITS_FOR_THE_OTHER, rounds

MANY = 2_000


def test_a_seed_gives_the_same_rounds_again() -> None:
    """And another seed others."""
    assert list(islice(rounds(7), 50)) == list(islice(rounds(7), 50))
    assert list(islice(rounds(7), 50)) != list(islice(rounds(8), 50))


def test_every_fault_comes_and_meets_everyone() -> None:
    """The primary and both others."""
    met = {(blow.fault, blow.victim) for blows in islice(rounds(1), MANY) for blow in blows}
    assert met == {(fault, victim) for fault in MAX_SECONDS for victim in range(3)}


def test_no_fault_lasts_longer_than_it_may() -> None:
    """The soak ends by itself."""
    for blows in islice(rounds(1), MANY):
        assert all(0 <= blow.seconds <= MAX_SECONDS[blow.fault] for blow in blows)


def test_no_fault_waits_for_the_end_of_another() -> None:
    """A deletion would wait until the API is back, and with it the end of what keeps it away."""
    doubles = [{blow.fault for blow in blows} for blows in islice(rounds(1), MANY) if len(blows) == 2]
    assert doubles
    assert not [pair for pair in doubles if pair in ONE_WAITS_FOR_THE_OTHER]
    assert not [pair for pair in doubles if "API server frozen" in pair and pair & NEEDS_THE_API]
