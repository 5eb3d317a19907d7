"""Programs that run one at a time and stop where the outside world could change under them.

Each actor (an agent, a Job) runs the product's own code in a thread of its own. It
calls ``pause`` before every effect; then the test goes on, and lets it do the next effect
whenever it likes, or kills it there. Exactly one thread runs at any moment, so that a run
is repeatable. The code of a killed actor has no effect any more, not even in ``finally``.
"""

import threading
from collections.abc import Callable


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
        self._failure: BaseException | None = None
        self._is_killed = False
        self._may_run = threading.Lock()
        self._has_paused = threading.Lock()
        self._may_run.acquire()
        self._has_paused.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def resume(self) -> bool:
        """Let it do the next effect; say whether it is still there."""
        if self.is_alive:
            self._may_run.release()
            self._has_paused.acquire()
            if self._failure is not None:
                raise self._failure
        return self.is_alive

    def kill(self) -> None:
        """End it before the next effect."""
        self._is_killed = True
        self.resume()
        self._thread.join()

    def pause(self, at: str) -> None:
        """Stop before an effect. Called by the actor itself."""
        if not self._is_killed:
            self.at = at
            self.trace.append(at)
            self._has_paused.release()
            self._may_run.acquire()
        if self._is_killed:
            raise KilledError

    def _run(self) -> None:
        self._may_run.acquire()
        try:
            if not self._is_killed:
                self._body()
        except KilledError:
            pass
        except BaseException as failure:  # noqa: BLE001 - handed to the test, which raises it
            self._failure = failure
        self.is_alive = False
        self._has_paused.release()
