"""What gets from Debian's packages into the images."""

import shutil
import subprocess
from pathlib import Path

import pytest

from ci.images.catalogue import IMAGES, PACKAGES, SKELETON, resolved_with
from ci.images.deb import read_package
from ci.images.debian import Package, check_pins
from ci.images.errors import BuildError
from ci.images.tree import Kind
from ci.images.versions import DebianPins

PINS = DebianPins(suite="sid", mysql="9.7.4", python="3.14")
SHIPPED = {
    "mysql-server-core": "9.7.4-2",
    "mysql-client-core": "9.7.4-2",
    "mysql-router": "9.7.4-2",
    "python3": "3.14.8-1",
}


def resolution(**versions: str) -> dict[str, list[Package]]:
    """An archive's answer, with other versions than SHIPPED where given (with _ for - in names)."""
    found = {**SHIPPED, **{name.replace("_", "-"): version for name, version in versions.items()}}
    return {"all": [Package(name, version, "0" * 64, 1) for name, version in found.items()]}


def test_the_pinned_versions_are_accepted() -> None:
    """Debian's own revision after the pinned version does not matter."""
    check_pins(resolution(), PINS)


@pytest.mark.parametrize("version", ["9.7.40-1", "9.8.0-1", "10.7.4-1"])
def test_another_server_is_refused_with_the_setting_to_change(version: str) -> None:
    """The error names both versions, the file and the key."""
    with pytest.raises(BuildError) as caught:
        check_pins(resolution(mysql_server_core=version), PINS)
    report = caught.value.report()
    assert version in report
    assert "9.7.4" in report
    assert "`mysql` under [images] in ci/versions.toml" in report


def test_another_python_is_refused() -> None:
    """Wheels are chosen for one Python: 3.15 needs a decision."""
    with pytest.raises(BuildError, match=r"python3 3\.15\.0-1"):
        check_pins(resolution(python3="3.15.0-1"), PINS)


def test_every_image_is_made_of_known_layers() -> None:
    """A package layer comes after the layers that it lies on."""
    made_elsewhere = {"wheels", "code"}
    for image in IMAGES.values():
        assert set(image.layers) <= set(PACKAGES) | made_elsewhere
        for position, name in enumerate(image.layers):
            if name in PACKAGES:
                assert set(PACKAGES[name].on) <= set(image.layers[:position])


def test_what_only_tests_run_shares_no_layer_with_the_charts_images() -> None:
    """A Debian without WordPress fails its test, not `make up`."""
    charts = {layer for image in IMAGES.values() if not image.for_tests for layer in image.layers}
    for image in IMAGES.values():
        if image.for_tests:
            assert not charts & set(resolved_with(image.layers[0]))
    assert charts - {"wheels", "code"} == set(resolved_with("base"))


def test_a_layer_without_pinned_packages_is_not_held_to_them() -> None:
    """WordPress is taken in whatever version Debian has."""
    check_pins({"wordpress": [Package("wordpress", "7.1.4+dfsg1-1", "0" * 64, 1)]}, PINS)


@pytest.mark.parametrize(
    ("layer", "path", "dropped"),
    [
        ("server", "usr/bin/mysqladmin", False),
        ("server", "usr/bin/mysqlslap", True),
        ("server", "usr/share/mysql/english/errmsg.sys", False),
        ("server", "usr/share/mysql/swedish/errmsg.sys", True),
        ("server", "usr/lib/mysql/plugin/group_replication.so", False),
        ("server", "usr/share/doc/mysql-server-core/copyright", False),
        ("server", "usr/share/doc/mysql-server-core/changelog.gz", True),
        ("base", "usr/share/man/man1/bash.1.gz", True),
        ("python", "usr/lib/python3.14/ssl.py", False),
        ("python", "usr/lib/python3.14/idlelib/run.py", True),
    ],
)
def test_layers_leave_out_what_no_container_uses(layer: str, path: str, *, dropped: bool) -> None:
    """Programs, plugins and licences stay; documentation and other languages go."""
    assert PACKAGES[layer].drops_path(path) is dropped


def test_the_user_of_the_images_exists() -> None:
    """Number 27 has a name, so that programs that look it up find one."""
    assert b"\nmysql:x:27:27:" in SKELETON["etc/passwd"].content
    assert b"\nmysql:x:27:\n" in SKELETON["etc/group"].content


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb makes the package that is read")
def test_a_package_lands_on_the_merged_usr_without_its_scripts(tmp_path: Path) -> None:
    """Files move from /lib to /usr/lib, dropped ones and set-user-id bits go, and scanners find the control file."""
    source = tmp_path / "source"
    for name in (
        "DEBIAN/control",
        "DEBIAN/postinst",
        "lib/thing.so",
        "usr/bin/su",
        "usr/share/man/man1/su.1",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("#!/bin/sh\n")
    (source / "DEBIAN/control").write_text(
        "Package: thing\nVersion: 1\nArchitecture: all\nMaintainer: M <m@example.org>\nDescription: d\n"
    )
    (source / "DEBIAN/postinst").chmod(0o755)
    (source / "usr/bin/su").chmod(0o4755)
    (source / "usr/bin/alias").symlink_to("su")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", source, tmp_path / "thing.deb"],
        check=True,
        capture_output=True,
    )
    tree = read_package(tmp_path / "thing.deb", PACKAGES["base"].drops_path)
    assert {path for path, node in tree.items() if node.kind is not Kind.FOLDER} == {
        "usr/lib/thing.so",
        "usr/bin/su",
        "usr/bin/alias",
        "var/lib/dpkg/status.d/thing",
    }
    assert tree["usr/bin/su"].mode == 0o755
    assert not any(path.startswith("usr/share") for path in tree)


def test_a_file_that_is_no_package_is_named(tmp_path: Path) -> None:
    """A broken download says which file to remove."""
    (tmp_path / "broken.deb").write_text("no")
    with pytest.raises(BuildError, match=r"broken\.deb"):
        read_package(tmp_path / "broken.deb", lambda _: False)
