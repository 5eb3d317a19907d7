"""The log: one readable line for each thing that happened, on standard error.

``HH:MM:SS level   text key=value`` in UTC. Text is constant, what varies are keys.
A key that sounds like a secret is never printed: the last line of defence, not the first.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEY = re.compile(r"password|secret|token|credential|private", re.IGNORECASE)
_NEEDS_QUOTES = re.compile(r"[\s\"=]")


def configure_log(level: str = "info") -> None:
    """Set the log up once, at the start of a command; an unknown level means info."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=True),
            structlog.processors.format_exc_info,
            render_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
        # Not cached: a logger would keep the standard error of the moment when it was first used.
        cache_logger_on_first_use=False,
    )


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """Give a logger: ``log.info("group bootstrapped", pod="mysql-0")``."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def render_line(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """Write one event as one line; a traceback follows on lines of its own."""
    time, level, text = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event", "")
    trace = event.pop("exception", "")
    keys = " ".join(f"{key}={_shown(key, value)}" for key, value in event.items())
    line = f"{time} {level:<7} {text} {keys}".rstrip()
    return f"{line}\n{trace}" if trace else line


def _shown(key: str, value: object) -> str:
    if _SECRET_KEY.search(key):
        return "***"
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return text
