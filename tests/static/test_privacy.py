"""The repository works on any machine: it names no package registry's host and no path of a machine."""

import re

import pytest

from tests.static.repository import files, text

HOSTS = re.compile(
    r"proxy\.golang|sum\.golang|deb\.debian|snapshot\.debian|pypi\.org|pythonh[o]sted|registry\.npmjs"
    r"|repo1?\.maven|static\.crates|ftp\.[a-z]+\.debian"
)
MACHINE_PATHS = re.compile(r"(?<![\w.])/(wor[k]|far[m]|hom[e]/\w+|roo[t])/[\w.]")
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----")


@pytest.mark.parametrize("pattern", [HOSTS, MACHINE_PATHS, SECRETS], ids=["hosts", "paths", "keys"])
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    """Checksum files are left out: they are made by Go and name modules, which are not hosts."""
    found = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in files()
        if path.suffix != ".sum"
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found
