"""Programs that run one at a time and stop where the outside world could change under them.

Each actor (an agent, a Job) runs the product's own code in a greenlet of its own. It
calls ``pause`` before every effect; then the test goes on, and lets it do the next effect
whenever it likes, or kills it there. All share one thread, so that a run is repeatable.
The code of a killed actor has no effect any more, not even in ``finally``.
"""

from collections.abc import Callable

from greenlet import getcurrent, greenlet


class KilledError(BaseException):
    """SIGKILL: nothing after it happens."""


class Actor:
    """One process, stopped between two effects."""

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name = name
        self.at = "start"
        """What it is about to do."""
        self.is_alive = True
        self.trace: list[str] = []
        self._body = body
        self._is_killed = False
        self._program = greenlet(self._run)

    def resume(self) -> bool:
        """Let it do the next effect; say whether it is still there."""
        if self.is_alive:
            self._program.switch()
        return self.is_alive

    def kill(self) -> None:
        """End it before the next effect."""
        self._is_killed = True
        self.resume()

    def pause(self, at: str) -> None:
        """Stop before an effect. Called by the actor itself."""
        if not self._is_killed:
            self.at = at
            self.trace.append(at)
            getcurrent().parent.switch()
        if self._is_killed:
            raise KilledError

    def _run(self) -> None:
        try:
            if not self._is_killed:
                self._body()
        except KilledError:
            pass
        finally:
            self.is_alive = False
