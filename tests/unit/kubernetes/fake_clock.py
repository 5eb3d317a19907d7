"""A clock that stands still unless it is told, or slept on."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self) -> None:
        self.passed_seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_seconds)

    def monotonic_seconds(self) -> float:
        return self.passed_seconds

    def sleep(self, seconds: float) -> None:
        self.passed_seconds += seconds
