"""What a soak does, round by round: decided by its seed alone, so that it can be replayed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

MAX_SECONDS = {
    "server killed": 0.0,
    "server frozen": 20.0,
    "server hung": 20.0,
    "agent killed": 0.0,
    "agent frozen": 40.0,
    "two servers killed": 0.0,
    "all servers killed": 0.0,
    "pod deleted": 0.0,
    "pod deleted by force": 0.0,
    "all pods deleted by force": 0.0,
    "claim deleted": 0.0,
    "node lost": 60.0,
    "node cut off": 40.0,
    "node parted": 40.0,
    "node parted one way": 40.0,
    "packets lost": 30.0,
    "network slow": 30.0,
    "disk full": 15.0,
    "storage slow": 15.0,
    "storage hung": 4.0,
    "API server frozen": 120.0,
    "name server frozen": 40.0,
}
"""Every fault, and how long it lasts at most."""
NEEDS_THE_API = frozenset(
    {"pod deleted", "pod deleted by force", "all pods deleted by force", "claim deleted"}
)
ONE_WAITS_FOR_THE_OTHER = (
    *(frozenset({"API server frozen", fault}) for fault in sorted(NEEDS_THE_API)),
    frozenset({"claim deleted", "disk full"}),
    # A thread that waits for storage cannot be stopped, nor a file made.
    frozenset({"storage hung", "server hung"}),
    frozenset({"storage hung", "disk full"}),
)
"""Pairs of which the second could not be done while the first lasts."""
DOUBLE_SHARE = 0.3
"""How often a second fault comes on top of the first."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One fault."""

    fault: str
    victim: int
    """0 is the primary, 1 and 2 the others by their ordinals."""
    seconds: float

    def __str__(self) -> str:
        """Give it as it is printed."""
        who = ("primary", "first secondary", "second secondary")[self.victim]
        return f"{self.fault} ({who}, {self.seconds:.1f} s)"


def rounds(seed: int) -> Iterator[tuple[Blow, ...]]:
    """Give the blows of one round after the other, without an end."""
    chance = random.Random(seed)
    while True:
        blows = [_blow(chance) for _ in range(1 + (chance.random() < DOUBLE_SHARE))]
        if len(blows) == 2 and not _go_together(*blows):
            blows.pop()
        yield tuple(blows)


def _blow(chance: random.Random) -> Blow:
    fault = chance.choice(sorted(MAX_SECONDS))
    return Blow(fault, chance.randrange(3), round(chance.uniform(0.2, 1.0) * MAX_SECONDS[fault], 1))


def _go_together(first: Blow, second: Blow) -> bool:
    faults = {first.fault, second.fault}
    return len(faults) == 2 and faults not in ONE_WAITS_FOR_THE_OTHER
