"""Every file of values in the repository works, and together they reach every template."""

from pathlib import Path

import pytest

from tests.chart.rendering import CHART, ROOT, VALUES_FILES, identity, render

TEMPLATES = sorted(path for path in (CHART / "templates").rglob("*.yaml") if path.name != "validate.yaml")


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_every_file_of_values_renders(path: Path) -> None:
    """With the objects that no release can be without."""
    found = {candidate["kind"] for candidate in render(files=(path,)).objects}
    assert {"StatefulSet", "Deployment", "Service", "Job", "Pod"} <= found


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_helm_3_renders_the_same(path: Path) -> None:
    """Both are supported."""
    three, four = (render(files=(path,), helm=helm).objects for helm in ("helm3", "helm"))
    assert {identity(candidate): candidate for candidate in three} == {identity(c): c for c in four}


@pytest.mark.parametrize("path", VALUES_FILES, ids=lambda path: path.stem)
def test_no_object_is_rendered_twice(path: Path) -> None:
    """The second would overwrite the first."""
    names = [identity(candidate) for candidate in render(files=(path,)).objects]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted((ROOT / "values").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_says_for_whom_it_is(path: Path) -> None:
    """In its first line."""
    assert path.read_text(encoding="utf-8").startswith("# For ")


def test_every_template_is_rendered_by_some_file_of_values() -> None:
    """A template that no test renders is broken sooner or later."""
    texts = [render(files=(path,)).text for path in VALUES_FILES]
    unused = [
        str(template.relative_to(CHART))
        for template in TEMPLATES
        if not any(f"# Source: {CHART.name}/{template.relative_to(CHART)}\n" in text for text in texts)
    ]
    assert unused == []


def test_a_template_has_one_kind_of_object() -> None:
    """One resource a file: it is found by its file's name."""
    kinds = {
        path: [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("kind:")]
        for path in TEMPLATES
    }
    assert {str(path): found for path, found in kinds.items() if len(found) != 1} == {}


def test_templates_are_static() -> None:
    """Neither the cluster nor chance decides what is rendered."""
    forbidden = (
        "randAlpha",
        "randNumeric",
        "randAscii",
        "genCA",
        "genSelf",
        "uuidv4",
        "now |",
        "now }}",
    )
    sources = [*(CHART / "templates").rglob("*.yaml"), *(CHART / "templates").rglob("*.tpl")]
    found = [
        f"{path.name}: {word}"
        for path in sources
        for word in forbidden
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []
    looking = [path.name for path in sources if "lookup " in path.read_text(encoding="utf-8")]
    assert looking == ["_messages.tpl"], "only a refusal may depend on what is in the cluster"


def test_names_of_objects_stand_in_one_file() -> None:
    """Elsewhere they are asked for."""
    found = [
        path.name
        for path in (CHART / "templates").rglob("*")
        if path.is_file()
        and path.name != "_names.tpl"
        and ".Release.Name }}-" in path.read_text(encoding="utf-8")
    ]
    assert found == []
