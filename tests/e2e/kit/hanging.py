"""A process of which only some threads go on: it is there and keeps its place in its group, and answers nobody.

By ptrace(2), which stops threads one by one. When the caller ends, however that happens, the kernel lets them go on.
"""

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WAIT_FOR_THREADS = 0x40000000
"""``__WALL``: threads are waited for as well as processes."""
REAP_SECONDS = 0.1


@contextmanager
def threads_stopped(pid: int, spared: tuple[str, ...]) -> Iterator[int]:
    """Stop all threads but those whose names begin so; gives how many."""
    tracer = _Tracer(pid, spared)
    tracer.start()
    tracer.is_done.wait()
    if tracer.failure is not None:
        raise tracer.failure
    try:
        yield len(tracer.stopped)
    finally:
        tracer.release.set()
        tracer.join()


class _Tracer(threading.Thread):
    """The one thread that the kernel lets ask for all of it.

    It also takes note of threads that end: a process that is traced and killed is there for its parent only after that.
    """

    def __init__(self, pid: int, spared: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.stopped = [
            int(task.name)
            for task in Path(f"/proc/{pid}/task").iterdir()
            if not (task / "comm").read_text().startswith(spared)
        ]
        self.is_done, self.release = threading.Event(), threading.Event()
        self.failure: OSError | None = None

    def run(self) -> None:
        try:
            self._seize()
        except OSError as error:
            self.failure = error
        self.is_done.set()
        while self.failure is None and not self.release.wait(REAP_SECONDS):
            self._reap()
        for thread in self.stopped:
            with suppress(OSError):
                _trace(DETACH, thread)
        self._reap()

    def _seize(self) -> None:
        for thread in self.stopped:
            _trace(SEIZE, thread)
            _trace(INTERRUPT, thread)
            os.waitpid(thread, WAIT_FOR_THREADS)

    def _reap(self) -> None:
        for thread in self.stopped:
            with suppress(ChildProcessError):
                os.waitpid(thread, WAIT_FOR_THREADS | os.WNOHANG)


def _trace(request: int, thread: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request} of thread {thread}")
