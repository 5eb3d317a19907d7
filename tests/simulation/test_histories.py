"""A hundred thousand random steps, the same ones each time; ``make check`` runs a tenth, ``make simulate`` others."""

import pytest

from tests.simulation.histories import simulate

STEPS = 10_000
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(100, 1000, 100))]


@pytest.mark.parametrize("first_seed", SEEDS)
def test_every_history_keeps_the_invariants_and_ends_well(first_seed: int) -> None:
    """Ten thousand steps from each of ten seeds on."""
    assert simulate(first_seed, STEPS) >= STEPS
