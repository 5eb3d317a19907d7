"""Rules of this codebase that no linter knows. CONTRIBUTING.md gives the reasons."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.static.repository import python_files, text

PACKAGE = Path("hooks/src/innodb_cluster")


def package_modules() -> list[Path]:
    """List the modules of the hooks."""
    return [path for path in python_files() if path.is_relative_to(PACKAGE)]


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Give line and dotted name of every call in a module."""
    for node in ast.walk(ast.parse(text(path))):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def test_unit_tests_patch_nothing() -> None:
    """What needs a patch is in the wrong layer."""
    pattern = re.compile(r"unittest\.mock|from unittest import mock|mock\.patch|\bmocker\b")
    assert [
        str(p) for p in python_files() if p.parts[:2] == ("tests", "unit") and pattern.search(text(p))
    ] == []


def test_broad_exceptions_are_caught_only_where_something_ends() -> None:
    """`except Exception` belongs to the top frame of a command or loop."""
    allowed = {"cli.py", "agent", "jobs"}
    found = [
        f"{path}:{node.lineno}"
        for path in package_modules()
        if not allowed & set(path.relative_to(PACKAGE).parts)
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) == "Exception")
    ]
    assert found == []


def test_tests_wait_for_conditions_and_not_for_time_to_pass() -> None:
    """A sleep outside a polling loop is either too short or too long."""
    found = []
    for path in python_files():
        if path.parts[0] != "tests":
            continue
        tree = ast.parse(text(path))
        looped = {
            id(node)
            for loop in ast.walk(tree)
            if isinstance(loop, ast.While | ast.For)
            for node in ast.walk(loop)
        }
        found += [
            f"{path}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and ast.unparse(node.func) == "time.sleep"
            and id(node) not in looped
        ]
    assert found == []


def test_sql_is_written_in_one_place() -> None:
    """Statements stand in effects/mysql, beside the privileges that they need."""
    statement = re.compile(
        r"\"(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE USER|ALTER USER|GRANT|SET GLOBAL|START GROUP)\b"
    )
    outside = [path for path in package_modules() if not path.is_relative_to(PACKAGE / "effects" / "mysql")]
    assert [str(path) for path in outside if statement.search(text(path))] == []


def test_every_module_says_what_it_is_for() -> None:
    """A module opens with a docstring, except an empty package marker."""
    bare = [
        str(p) for p in python_files() if text(p).strip() and ast.get_docstring(ast.parse(text(p))) is None
    ]
    assert bare == []


def test_nothing_is_printed_by_the_package_but_by_its_commands() -> None:
    """Loops and effects log; only the command line prints."""
    found = [
        f"{p}:{line}"
        for p in package_modules()
        if p.name != "cli.py"
        for line, name in calls(p)
        if name == "print"
    ]
    assert found == []
