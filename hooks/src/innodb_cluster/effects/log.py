"""The log: one readable line for each thing that happened, on standard error.

``HH:MM:SS level   text key=value`` in UTC. Text is constant, what varies are keys.
A key that sounds like a secret is never printed: the last line of defence, not the first.

Not structlog, which was here before: it imports asyncio, and its import alone took a fifth of the
processor time of each start (``docs/adr/0020``).
"""

import re
import sys
import traceback
from collections.abc import Mapping
from enum import IntEnum

from innodb_cluster.effects.clock import SystemClock

_SECRET_KEY = re.compile(r"password|secret|token|credential|private", re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r"[\s\"=]")


class Level(IntEnum):
    """How much a line matters."""

    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    SILENT = 50
    """Of no line: what hides all of them."""


class Log:
    """Writes lines of one level and above: ``log.info("group bootstrapped", pod="mysql-0")``."""

    def __init__(self) -> None:
        """Show what is usually of interest."""
        self.least = Level.INFO

    def debug(self, text: str, **keys: object) -> None:
        """Say what helps to find a fault of this program."""
        self._write(Level.DEBUG, text, keys)

    def info(self, text: str, **keys: object) -> None:
        """Say what happened."""
        self._write(Level.INFO, text, keys)

    def warning(self, text: str, **keys: object) -> None:
        """Say what did not go as it should, and will be tried again."""
        self._write(Level.WARNING, text, keys)

    def error(self, text: str, **keys: object) -> None:
        """Say what a person must look at."""
        self._write(Level.ERROR, text, keys)

    def exception(self, text: str, **keys: object) -> None:
        """Say it of the exception that is being handled; its traceback follows."""
        self._write(Level.ERROR, text, keys)
        if self.least <= Level.ERROR:
            sys.stderr.write(traceback.format_exc())
            sys.stderr.flush()

    def _write(self, level: Level, text: str, keys: Mapping[str, object]) -> None:
        if level >= self.least:
            time = f"{SystemClock().now():%H:%M:%S}"
            sys.stderr.write(render_line(time, level.name.lower(), text, keys) + "\n")
            sys.stderr.flush()


_log = Log()


def configure_log(level: str = "info") -> None:
    """Set the log up once, at the start of a command; an unknown level means info."""
    _log.least = Level.__members__.get(level.upper(), Level.INFO)


def get_logger() -> Log:
    """Give the log, one for the whole process."""
    return _log


def render_line(time: str, level: str, text: str, keys: Mapping[str, object]) -> str:
    """Write one event as one line."""
    shown = " ".join(f"{key}={_shown(key, value)}" for key, value in keys.items())
    return f"{time} {level:<7} {text} {shown}".rstrip()


def _shown(key: str, value: object) -> str:
    if _SECRET_KEY.search(key):
        return "***"
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return text
