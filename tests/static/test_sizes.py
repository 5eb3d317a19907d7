"""Long modules, functions and templates are where code goes bad first: the tail is limited, not the median."""

import ast

from tests.static.repository import files, python_files, text

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_TEMPLATE_LINES = 250


def test_no_module_is_longer_than_400_lines() -> None:
    """A longer module is about more than one thing."""
    long = [
        f"{path}: {text(path).count(chr(10))}"
        for path in python_files()
        if text(path).count("\n") > MAX_MODULE_LINES
    ]
    assert not long


def test_no_function_is_longer_than_60_lines() -> None:
    """A longer function does more than one thing."""
    long = [
        f"{path}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1}"
        for path in python_files()
        for node in ast.walk(ast.parse(text(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert not long


def test_no_template_is_longer_than_250_lines() -> None:
    """A longer template declares more than one object."""
    templates = [path for path in files() if "templates" in path.parts]
    assert not [
        f"{path}: {text(path).count(chr(10))}"
        for path in templates
        if text(path).count("\n") > MAX_TEMPLATE_LINES
    ]
