"""``make simulate``: random histories, on and on, with progress and the seed that repeats them."""

import argparse
import secrets
import time

from tests.simulation.actors import product_in_the_model
from tests.simulation.histories import simulate

PROGRESS_SECONDS = 5.0


class Progress:
    """Prints how far it is, every few seconds."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._began = self._said = time.monotonic()

    def __call__(self, seed: int, done: int) -> None:
        """Hear which seed comes next and how many steps there were."""
        now = time.monotonic()
        if now - self._said >= PROGRESS_SECONDS or done >= self._steps:
            self._said = now
            rate = done / max(now - self._began, 0.001)
            print(f"{done:,} of {self._steps:,} steps, {rate:,.0f} a second, seed {seed} is next", flush=True)


def main() -> None:
    """Run as many steps as asked for."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument(
        "--seed", type=int, default=None, help="the first one; a new one each time without it"
    )
    asked = parser.parse_args()
    seed = secrets.randbelow(1_000_000_000) if asked.seed is None else asked.seed
    print(f"seed {seed}: the same steps again with make simulate SEED={seed} STEPS={asked.steps}", flush=True)
    with product_in_the_model():
        done = simulate(seed, asked.steps, Progress(asked.steps))
    print(f"{done:,} steps, and every invariant held")


if __name__ == "__main__":
    main()
