"""The only module that reads a clock or sleeps: everything else is given a Clock."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the rest of the program gets it."""

    def now(self) -> datetime:
        """Give the time of day, in UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Give seconds that never go back, for durations."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        """Give seconds that never go back, for durations."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


def rfc3339(moment: datetime) -> str:
    """Write a moment as Kubernetes does (metav1.Time: whole seconds, ``Z``)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime) -> str:
    """Write a moment as Kubernetes does in Leases (metav1.MicroTime)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
