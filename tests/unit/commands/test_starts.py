"""A start imports what it uses, and no more: beside starting servers its processor time counts many times."""

import pytest

from tests.unit.interpreter import run_python


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("jobs.render", {"kubernetes", "mysql", "urllib3", "cryptography"}),
        ("jobs.prepare", {"jinja2"}),
        ("jobs.converge", {"cryptography"}),
        ("agent.loop", {"cryptography", "jinja2"}),
    ],
)
def test_what_a_start_does_not_use_is_not_imported(module: str, unused: set[str]) -> None:
    """By the commands that run in every installation."""
    code = (
        f"import sys, innodb_cluster.commands, innodb_cluster.configuration, innodb_cluster.{module}; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    found = run_python(code)
    assert unused & set(found.stdout.split()) == set()
