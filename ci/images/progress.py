"""Progress lines on stderr: what is done, and how long it took. stdout stays free for results."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """Print one line at once, also into a pipe."""
    print(f"images: {text}", file=sys.stderr, flush=True)


class Step:
    """A step under way; `note` is added to its closing line."""

    note = ""


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announce a step and say how many seconds it took; a step that fails is not called done."""
    say(f"{title} …")
    started = time.monotonic()
    current = Step()
    yield current
    note = f" ({current.note})" if current.note else ""
    say(f"{title}: {time.monotonic() - started:.1f} s{note}")
