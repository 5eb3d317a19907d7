"""What code refers to is there: data files beside it, requirements with hashes, versions that agree."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.static.repository import ROOT, files, python_files, text

PACKAGE = Path("hooks/src/innodb_cluster")
DATA_NAME = re.compile(r"[\"'/]([\w.-]+\.(?:j2|sql))[\"']")
PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
REQUIREMENTS = [Path("hooks/requirements.txt"), Path("ci/requirements.txt")]


def test_every_template_that_the_package_names_exists() -> None:
    """And every data file is named somewhere: none is left over."""
    modules = [path for path in python_files() if path.is_relative_to(PACKAGE)]
    named = {name for path in modules for name in DATA_NAME.findall(text(path))}
    present = {
        path.name for path in files() if path.is_relative_to(PACKAGE) and path.suffix in {".j2", ".sql"}
    }
    assert {name for name in named if name.endswith(".j2")} - present == set()
    assert present - named == set()


@pytest.mark.parametrize("path", REQUIREMENTS, ids=str)
def test_requirements_have_hashes_and_no_address(path: Path) -> None:
    """What is installed is what was resolved, from whatever index the machine uses."""
    content = text(path) or (ROOT / path).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", content)
    pinned = [block for block in blocks if PIN.match(block)]
    assert pinned
    assert [block.split()[0] for block in pinned if "--hash=sha256:" not in block] == []
    assert not re.search(r"https?:|--index-url|--find-links|--trusted-host", content)


def test_the_tests_run_with_the_versions_that_the_image_has() -> None:
    """ci/requirements.txt contains hooks/requirements.txt."""
    hooks, ci = (dict(PIN.findall((ROOT / path).read_text())) for path in REQUIREMENTS)
    windows_only = {"colorama"}
    assert {name: ci.get(name) for name in hooks if name not in windows_only} == {
        name: version for name, version in hooks.items() if name not in windows_only
    }


def test_every_exception_from_a_rule_has_its_reason() -> None:
    """An ignored rule in pyproject.toml says why on its own line, and so does every noqa."""
    lines = text(Path("pyproject.toml")).splitlines()
    bare = [line for line in lines if re.match(r'\s+"[A-Z]+\d*",', line) and not re.search(r"# \w", line)]
    assert bare == []
    unexplained = [
        f"{path}:{number}"
        for path in python_files()
        for number, line in enumerate(text(path).splitlines(), 1)
        if re.search(r"# noq[a](?!: [A-Z0-9, ]+ - \w)", line)
    ]
    assert unexplained == []


def test_versions_agree() -> None:
    """The package, the chart's appVersion-independent version and the changelog speak of the same release."""
    chart = ROOT / "charts" / "mysql-innodb-cluster" / "Chart.yaml"
    version = re.search(r"^version: \"?([\w.-]+)", chart.read_text(), re.MULTILINE)
    package = re.search(r'^__version__ = "([\w.]+)"', text(PACKAGE / "__init__.py"), re.MULTILINE)
    assert version is not None
    assert package is not None
    assert version.group(1) == package.group(1)


def test_pyproject_parses() -> None:
    """Its tools read it on their own; here it is read as a whole."""
    assert tomllib.loads(text(Path("pyproject.toml")))["tool"]["mypy"]["strict"] is True
