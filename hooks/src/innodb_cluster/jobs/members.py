"""Sessions to all members, kept open, so that many small questions cost one handshake each."""

from collections.abc import Callable, Mapping
from typing import Generic, Protocol, Self, TypeVar

from innodb_cluster.jobs.gathering import Gathering
from innodb_cluster.model.errors import TemporaryError


class Closeable(Protocol):
    """What a session must be able to do here."""

    def close(self) -> None:
        """End it."""


S = TypeVar("S", bound=Closeable)
Result = TypeVar("Result")


class MemberSessions(Generic[S]):
    """One session for each member; a context manager that closes them."""

    def __init__(self, connectors: Mapping[str, Callable[[], S]], deadline_seconds: float) -> None:
        """Get ready; connections are made when they are first needed."""
        self._connectors = connectors
        self._deadline_seconds = deadline_seconds
        self._open: dict[str, S] = {}

    def ask(self, question: Callable[[S], Result]) -> dict[str, Result]:
        """Ask every member the same, side by side.

        Raises:
            TemporaryError: one of them does not answer; it names each and why.

        """
        asked = {address: self._prepared(address, question) for address in self._connectors}
        answers, failures = Gathering(asked).wait(self._deadline_seconds)
        if failures:
            self.close()
            raise TemporaryError(", ".join(f"{address}: {why}" for address, why in sorted(failures.items())))
        return answers

    def close(self) -> None:
        """Close all sessions; the next question opens new ones."""
        while self._open:
            self._open.popitem()[1].close()

    def _prepared(self, address: str, question: Callable[[S], Result]) -> Callable[[], Result]:
        def ask() -> Result:
            if address not in self._open:
                self._open[address] = self._connectors[address]()
            return question(self._open[address])

        return ask

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all sessions."""
        self.close()
