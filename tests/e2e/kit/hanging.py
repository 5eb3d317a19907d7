"""A process of which only some threads go on: it is there and keeps its place in its group, and answers nobody.

By ptrace(2), which stops threads one by one. When the caller ends, however that happens, the kernel lets them go on.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WAIT_FOR_THREADS = 0x40000000
"""``__WALL``: threads are waited for as well as processes."""


@contextmanager
def threads_stopped(pid: int, spared: tuple[str, ...]) -> Iterator[int]:
    """Stop all threads but those whose names begin so; gives how many. Enter and leave in the same thread."""
    stopped = [
        int(task.name)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if not (task / "comm").read_text().startswith(spared)
    ]
    try:
        for thread in stopped:
            _trace(SEIZE, thread)
            _trace(INTERRUPT, thread)
            os.waitpid(thread, WAIT_FOR_THREADS)
        yield len(stopped)
    finally:
        for thread in stopped:
            with suppress(OSError):
                _trace(DETACH, thread)
            with suppress(ChildProcessError):
                os.waitpid(thread, WAIT_FOR_THREADS | os.WNOHANG)  # it may have been killed meanwhile


def _trace(request: int, thread: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request} of thread {thread}")
