"""The Debian mirror is found in the machine's own apt sources."""

from pathlib import Path

import pytest

from ci.images.errors import BuildError
from ci.images.mirror import KEYRING, Mirror, find_mirror

PARAGRAPHS = """
Types: deb
URIs: http://vendor.example/debian
Suites: nodistro
Components: main

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /keys/debian.gpg
"""


def sources(tmp_path: Path, **files: str) -> Path:
    """A folder like /etc/apt."""
    (tmp_path / "sources.list.d").mkdir()
    for name, text in files.items():
        (tmp_path / "sources.list.d" / name.replace("_", ".")).write_text(text)
    return tmp_path


def test_the_main_archive_is_chosen_among_paragraphs(tmp_path: Path) -> None:
    """Vendors, disabled sources and the security archive are passed over."""
    found = find_mirror(sources(tmp_path, debian_sources=PARAGRAPHS), override="")
    assert found == Mirror("http://mirror.example/debian", "/keys/debian.gpg")


def test_one_line_sources_are_read_too(tmp_path: Path) -> None:
    """The older format works, with options and without."""
    lines = "# deb http://old.example sid main\ndeb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian sid main\n"
    assert find_mirror(sources(tmp_path, x_list=lines), override="") == Mirror(
        "http://mirror.example/debian", "/k.gpg"
    )


def test_a_source_without_a_key_file_is_checked_with_debians(tmp_path: Path) -> None:
    """A signature is always asked for."""
    found = find_mirror(
        sources(tmp_path, x_list="deb http://mirror.example/debian bookworm main\n"), override=""
    )
    assert found.keyring == KEYRING


def test_the_variable_wins(tmp_path: Path) -> None:
    """A mirror that was asked for is not looked for."""
    assert find_mirror(tmp_path, override="http://mine.example").uri == "http://mine.example"


def test_a_machine_without_a_debian_archive_is_told_what_to_set(tmp_path: Path) -> None:
    """The error names the variable."""
    with pytest.raises(BuildError) as caught:
        find_mirror(sources(tmp_path, x_list="deb http://other.example/ubuntu noble main\n"), override="")
    assert "INNODB_CLUSTER_DEBIAN_MIRROR" in caught.value.report()
