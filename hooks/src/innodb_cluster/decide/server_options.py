"""Reads the server options of an option file, and compares two of them.

The syntax is that of the MySQL manual, Using Option Files: ``-`` and ``_`` are the same in names, later lines win, values
may be quoted, sizes have suffixes, an option without a value is a flag.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TypeAlias

from innodb_cluster.decide.option_file import SERVER_SECTION
from innodb_cluster.model.options import Assignment
from innodb_cluster.model.record import Record

Options: TypeAlias = Mapping[str, tuple[str, ...]]
"""Every value of every option, in the order of the lines; flags have ``ON``."""

MARKER_LINE = "# --- innodb-cluster: a running mysqld tells by this which text it was started with ---"
"""The chart puts it under the user's text (``innodb-cluster.mycnf.file``)."""

SECTION_LINES = (
    "# --- innodb-cluster: serverConfig.mycnf, which names no section first ---",
    "[mysqld]",
)
"""The chart puts them above a text that begins without a section (``innodb-cluster.mycnf``)."""

_MARKER = re.compile(r"^report_user = (\S+)$", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9_.]+")
_INTEGER = re.compile(r"([+-]?\d+)([kmgtpe]?)", re.IGNORECASE)
_DECIMAL = re.compile(r"[+-]?\d*\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_SUFFIXES = {suffix: 1024**power for power, suffix in enumerate(("", "k", "m", "g", "t", "p", "e"))}
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "r": "\r", "\\": "\\", "s": " ", '"': '"', "'": "'"}


def split_marker(file: str) -> tuple[str, str]:
    """Give the user's text of the mounted file, line by line his own, and the marker that the chart put under it."""
    text, _, rest = file.partition(MARKER_LINE)
    found = _MARKER.search(rest)
    own = text.removeprefix("\n".join(SECTION_LINES) + "\n")
    return own.rstrip("\n"), found[1] if found else ""


def server_options(text: str) -> Options:
    """Read the options of the server's sections; lines before the first section are the server's."""
    found: dict[str, tuple[str, ...]] = {}
    is_server = True
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line[0] in "#;!":
            continue
        if line.startswith("["):
            is_server = SERVER_SECTION.fullmatch(line.partition("]")[0].strip("[ ").lower()) is not None
        elif is_server:
            left, equals, right = line.partition("=")
            name = option_name(left.partition("#")[0])
            found[name] = (*found.get(name, ()), _value(right) if equals else "ON")
    return found


def option_name(written: str) -> str:
    """Give an option's name as the server has it: ``loose-Max-Connections`` is ``max_connections``."""
    return written.strip().lower().replace("-", "_").removeprefix("loose_")


def changed_options(before: str, after: str) -> frozenset[str]:
    """Name the options that two texts do not have in common."""
    old, new = server_options(before), server_options(after)
    return frozenset(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def pending_options(record: Record, text: str) -> frozenset[str]:
    """Name the options in which servers may differ from the text: changed since, or begun to be changed."""
    begun = frozenset(filter(None, record.mycnf_changing.split(",")))
    return changed_options(record.mycnf, text) | begun


def assignments(
    names: Iterable[str], text: str, base_names: Collection[str]
) -> tuple[tuple[Assignment, ...], frozenset[str]]:
    """Give what can be tried on a running server, and the names that only a start can bring about.

    An option that was taken out and that the chart sets as well goes back to the chart's value, which is not the
    server's default.
    """
    wanted = server_options(text)
    tried, at_start = [], set()
    for name in sorted(names):
        if name in wanted and _NAME.fullmatch(name):
            tried.append(Assignment(name, wanted[name][-1]))
        elif name in base_names or not _NAME.fullmatch(name):
            at_start.add(name)
        else:
            tried.append(Assignment(name, None))
    return tuple(tried), frozenset(at_start)


def sql_values(value: str) -> tuple[int | Decimal | str, ...]:
    """Give what to try in ``SET GLOBAL``, in this order: a number for what looks like one, then the text."""
    if match := _INTEGER.fullmatch(value):
        return int(match[1]) * _SUFFIXES[match[2].lower()], value
    if _DECIMAL.fullmatch(value):
        return Decimal(value), value
    return (value,)


def _value(written: str) -> str:
    text = written.strip()
    if text[:1] in {"'", '"'}:
        end = text.find(text[0], 1)
        text = text[1:end] if end > 0 else text[1:]
    else:
        text = text.partition("#")[0].strip()
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0]), text)
