"""Which programs are built from what."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ci.binaries import build, debian
from ci.binaries.groups import Group, groups, select, versions


@pytest.mark.parametrize("group", groups().values(), ids=lambda group: group.name)
def test_versions_agree_with_the_pinned_modules(group: Group) -> None:
    """What ci/versions.toml shows is what go.mod builds."""
    text = (group.source / "go.mod").read_text()
    if group.module:
        pinned = re.search(rf"^\s*(?:require )?{re.escape(group.module)} v(\S+)", text, re.MULTILINE)
        assert pinned is not None
        assert pinned[1] == group.version
    else:
        assert "require" not in text


def test_every_program_has_one_owner() -> None:
    """Two groups with a program of the same name would overwrite each other's link."""
    programs = [program for group in groups().values() for program in group.programs]
    assert len(programs) == len(set(programs))


def test_sets_consist_of_groups() -> None:
    """A typing error in a set would be found only on a fresh machine."""
    for members in versions()["sets"].values():
        assert set(members) <= set(groups())


def test_names_of_sets_groups_and_programs_may_be_mixed() -> None:
    """`ci.binaries kubectl helm4 tools` builds each group once."""
    names = [group.name for group in select(["kubectl", "helm4", "tools"])]
    assert names[:2] == ["kubernetes", "helm4"]
    assert len(names) == len(set(names))
    with pytest.raises(KeyError, match="nothing"):
        select(["nothing"])


def test_a_build_is_kept_under_all_that_makes_it() -> None:
    """Another compiler or another version of the module is another build."""
    group = groups()["kubernetes"]
    assert group.key("go1.26.0") != group.key("go1.26.1")
    assert group.key("go1.26.0") != replace(group, variables=()).key("go1.26.0")
    assert group.key("go1.26.0") == group.key("go1.26.0")


def test_kubernetes_knows_its_version() -> None:
    """Its programs compare versions; Helm 3 renders for the one that the cluster has."""
    assert "gitVersion=v1." in groups()["kubernetes"].link_flags
    minor = groups()["kubernetes"].version.split(".")[1]
    assert f"chartutil.k8sVersionMinor={minor}" in groups()["helm3"].link_flags


def test_links_are_moved_to_a_new_build(tmp_path: Path) -> None:
    """The link is replaced in one step: nobody sees it missing."""
    for folder in ("old", "new"):
        build.link(tmp_path / folder, ("kubectl",), tmp_path / "bin")
    assert (tmp_path / "bin" / "kubectl").readlink() == tmp_path / "new" / "kubectl"
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["kubectl"]


def test_only_missing_packages_are_installed(tmp_path: Path) -> None:
    """A program on PATH or a file proves a package."""
    there = tmp_path / "plugin"
    there.touch()
    wanted = {
        "shell": "sh",
        "plugins": str(there),
        "nothing": "no-such-program",
        "absent": str(tmp_path / "x"),
    }
    assert debian.missing(wanted) == ["nothing", "absent"]
