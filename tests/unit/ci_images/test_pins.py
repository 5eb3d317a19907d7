"""Versions are written down once, and everything that repeats them agrees."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from ci.images.chart import CHART, default_reference
from ci.images.code import COMMAND, PACKAGE
from ci.images.errors import BuildError
from ci.images.versions import HOOKS, ROOT, debian_pins, hooks_version
from ci.images.wheels import REQUIREMENTS, is_dropped

IMAGES = ROOT / "ci" / "images"
ARGUMENT = re.compile(r"^ARG (\w+)=(\S+)$", re.MULTILINE)


@pytest.mark.parametrize("image", ["server", "router", "hooks"])
def test_containerfiles_have_the_same_pins(image: str) -> None:
    """Docker and podman users get what `python -m ci.images` builds."""
    pins = debian_pins()
    expected = {"SUITE": pins.suite, "MYSQL": pins.mysql, "PYTHON": pins.python, "VERSION": hooks_version()}
    found = dict(ARGUMENT.findall((IMAGES / image / "Containerfile").read_text()))
    assert found == {name: expected[name] for name in found}
    assert found


def test_the_containerfiles_command_is_the_same() -> None:
    """The start script of the hooks image is written twice, and equal."""
    text = (IMAGES / "hooks" / "Containerfile").read_text()
    for line in filter(None, COMMAND.splitlines()):
        assert f"'{line}'" in text


def test_a_table_without_pins_is_refused_by_name(tmp_path: Path) -> None:
    """The error says which keys are wanted."""
    (tmp_path / "versions.toml").write_text("[images]\nsuite = 'sid'\n")
    with pytest.raises(BuildError, match="suite, mysql and python"):
        debian_pins(tmp_path / "versions.toml")


@pytest.mark.parametrize("image", ["server", "router", "hooks"])
def test_the_charts_default_names_are_found(image: str) -> None:
    """What is read from the chart's text is what YAML says."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())["images"][image]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    tag = values["tag"] or chart["version" if image == "hooks" else "appVersion"]
    assert default_reference(image) == f"{values['registry']}/{values['repository']}:{tag}"


def test_a_chart_without_images_is_refused() -> None:
    """The error names the image that was looked for."""
    with pytest.raises(BuildError, match=r"images\.server"):
        default_reference("server", values="other: {}\n", chart="version: 1\nappVersion: 2\n")


def test_the_chart_has_the_same_versions() -> None:
    """The chart's versions are the tags of the images that are built for it."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == debian_pins().mysql
    assert chart["version"] == hooks_version()


def test_every_requirement_has_hashes_and_names_no_index() -> None:
    """Wheels are pinned by content; where they come from is the machine's business."""
    text = REQUIREMENTS.read_text()
    assert "://" not in text
    assert "--index-url" not in text
    blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
    assert len(blocks) > 20
    for block in blocks:
        assert "==" in block.splitlines()[0]
        assert "--hash=sha256:" in block


def test_what_is_asked_for_is_what_is_pinned() -> None:
    """Each line of requirements.in has its pin."""
    names = re.findall(r"(?m)^[a-z0-9-]+", (HOOKS / "requirements.in").read_text())
    pinned = set(re.findall(r"(?m)^[a-z0-9-]+(?===)", REQUIREMENTS.read_text()))
    assert names
    assert set(names) <= pinned


def test_the_command_of_the_package_is_that_of_the_image() -> None:
    """An installation by pip and the image start the same function."""
    project = tomllib.loads((HOOKS / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["innodb-cluster"].split(":")
    assert f"from {module} import {function}" in COMMAND
    assert (PACKAGE / "cli.py").is_file()


@pytest.mark.parametrize(
    ("path", "dropped"),
    [
        ("kubernetes/client/models/v1_pod.py", False),
        ("kubernetes/aio/client/api_client.py", True),
        ("aiohttp/web.py", True),
        ("attrs-26.1.0.dist-info/METADATA", True),
        ("mysql/connector/connection.py", False),
        ("mysql/vendor/libssl.so.3", True),
        ("typer/main.py", False),
        ("rich/pretty.py", True),
    ],
)
def test_wheels_lose_what_the_hooks_do_not_import(path: str, *, dropped: bool) -> None:
    """The asyncio halves and the connector's C half go; what is imported stays."""
    assert is_dropped(path) is dropped
