"""Says what is wrong with ``serverConfig.mycnf``, by this product's own rules and by mysqld's word on it."""

import re

from innodb_cluster.decide.option_file import refused_options
from innodb_cluster.decide.server_options import option_name

MAX_MESSAGES = 5

_ERROR = re.compile(r"\[ERROR\] \[MY-\d+\] \[\w+\] (?P<text>.*)")
_ABORTING = "Aborting"
_ASSIGNMENT = re.compile(r"'([^'=]+)=[^']*'")
_VALUE = re.compile(r"value '[^']*'")
_QUOTED = re.compile(r"'(?:--)?([^' ]+)'")


def option_problems(mycnf: str, verdict: str) -> tuple[str, ...]:
    """Give one sentence for what breaks the cluster, and one for what mysqld refuses.

    ``verdict`` is what ``mysqld --validate-config`` printed when it failed. Values are left out: one may be a secret.
    """
    problems = []
    if refused := refused_options(mycnf):
        shown = "; ".join(map(str, refused))
        problems.append(f"serverConfig.mycnf has options that would break the cluster: {shown}")
    if verdict:
        problems.append(f"mysqld refuses serverConfig.mycnf: {'; '.join(_messages(mycnf, verdict))}")
    return tuple(problems)


def _messages(mycnf: str, verdict: str) -> list[str]:
    errors = [match["text"].strip().rstrip(".") for match in _ERROR.finditer(verdict)]
    errors = [text for text in errors if text != _ABORTING] or [verdict.strip().splitlines()[-1]]
    return [_shown(mycnf, text) for text in errors[:MAX_MESSAGES]]


def _shown(mycnf: str, error: str) -> str:
    """Put the line's number before the message, where an option of that line is named in it."""
    text = _VALUE.sub("its value", _ASSIGNMENT.sub(r"'\1'", error))
    named = {option_name(name) for name in _QUOTED.findall(text)}
    for number, line in reversed(list(enumerate(mycnf.splitlines(), start=1))):
        if line.strip() and option_name(line.partition("=")[0]) in named:
            return f"line {number}: {text}"
    return text
