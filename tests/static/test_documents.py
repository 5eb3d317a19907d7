"""The documents say what is so: states, map of the repository, commands."""

import re
import subprocess
from pathlib import Path

from innodb_cluster.model.state import GroupState
from tests.static.repository import ROOT, files, text

ARCHITECTURE = Path("docs/architecture.md")
STATES = Path("docs/states.md")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def mapped_folders() -> list[str]:
    """List the folders that the map in docs/architecture.md names."""
    return re.findall(r"^\| `([^`]+)/` \|", text(ARCHITECTURE), re.MULTILINE)


def package_folders() -> set[str]:
    """List the folders that the map must name: Python packages, suites of tests, and those at the top."""
    parents = {path.parent for path in files()}
    packages = {path.parent for path in files() if path.name == "__init__.py" and path.parts[0] != "tests"}
    suites = {Path(*parent.parts[:2]) for parent in parents if parent.parts[:1] == ("tests",)}
    tops = {
        Path(parent.parts[0]) for parent in parents if parent.parts and not parent.parts[0].startswith(".")
    }
    return {str(folder) for folder in packages | suites | tops if folder != Path("tests")}


def test_every_folder_that_exists_is_on_the_map() -> None:
    """A new package gets its line in docs/architecture.md in the commit that makes it."""
    covered = set(mapped_folders())
    assert sorted(package_folders() - covered - {"hooks", "charts"}) == []


def test_every_folder_on_the_map_exists() -> None:
    """The map names nothing that is planned or gone."""
    assert [folder for folder in mapped_folders() if not (ROOT / folder).is_dir()] == []


def test_the_states_of_the_document_are_those_of_the_code() -> None:
    """Same names in the same order: docs/states.md is what a person reads at night."""
    assert re.findall(r"^## `([A-Z_]+)`", text(STATES), re.MULTILINE) == [state.value for state in GroupState]


def test_the_readme_begins_with_the_two_commands() -> None:
    """Whoever comes here wants to see it run, and to see that it holds."""
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text(Path("README.md")), re.DOTALL)
    commands = [line.split("#")[0].strip() for line in blocks[0].splitlines()]
    assert commands[:2] == ["make up", "make test"]


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of every Markdown file is a file or folder here."""
    broken = [
        f"{path}: {link}"
        for path in files()
        if path.suffix == ".md"
        for link in LINK.findall(text(path))
        if not (ROOT / path.parent / link).exists()
    ]
    assert broken == []


def test_every_make_target_in_the_documents_exists() -> None:
    """`make something` in a document is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z0-9-]+):", text(Path("Makefile")), re.MULTILINE))
    named = {
        (str(path), target)
        for path in files()
        if path.suffix == ".md"
        for target in re.findall(r"(?:`|^)make ([a-z0-9-]+)", text(path), re.MULTILINE)
    }
    assert sorted((path, target) for path, target in named if target not in targets) == []


def test_every_decision_is_listed() -> None:
    """docs/adr/README.md lists each decision once."""
    written = {path.name for path in files() if path.parent == Path("docs/adr") and path.name != "README.md"}
    assert set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", text(Path("docs/adr/README.md")))) == written


def test_the_readme_of_the_chart_is_what_make_generate_writes() -> None:
    """Its table comes from the comments in values.yaml."""
    command = [
        str(ROOT / ".cluster/bin/helm-docs"),
        "--chart-search-root",
        "charts",
        "--sort-values-order",
        "file",
    ]
    done = subprocess.run([*command, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == text(Path("charts/mysql-innodb-cluster/README.md")).strip()
