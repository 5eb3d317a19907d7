"""Which Debian mirror this machine uses.

No address is written down here: it comes from the variable INNODB_CLUSTER_DEBIAN_MIRROR or from the machine's own
apt sources, in either of their formats (sources.list(5)).
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci.images.errors import BuildError

VARIABLE = "INNODB_CLUSTER_DEBIAN_MIRROR"
SOURCES = Path("/etc/apt")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# A main suite of Debian itself: not its security archive, not another distribution, not a vendor's archive.
SUITES = frozenset(
    {"oldstable", "stable", "testing", "unstable", "sid", "bullseye", "bookworm", "trixie", "forky"}
)
ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.+)$")


@dataclass(frozen=True, slots=True)
class Mirror:
    """A mirror's address and the file of the keys that sign it."""

    uri: str
    keyring: str = KEYRING


def find_mirror(sources: Path = SOURCES, override: str | None = None) -> Mirror:
    """The mirror to use.

    Raises BuildError when the machine's apt sources name no Debian archive.
    """
    address = os.environ.get(VARIABLE, "") if override is None else override
    if address:
        return Mirror(address)
    for candidate in _candidates(sources):
        return candidate
    raise BuildError(
        f"no Debian archive in {sources}/sources.list nor {sources}/sources.list.d",
        hint=f"set {VARIABLE} to a Debian mirror and install debian-archive-keyring",
    )


def _candidates(sources: Path) -> Iterator[Mirror]:
    for path in sorted((sources / "sources.list.d").glob("*.sources")):
        yield from _from_paragraphs(path.read_text())
    for path in [sources / "sources.list", *sorted((sources / "sources.list.d").glob("*.list"))]:
        if path.is_file():
            yield from _from_lines(path.read_text())


def _from_paragraphs(text: str) -> Iterator[Mirror]:
    for paragraph in re.split(r"\n\s*\n", text):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
        fields = {
            name.strip().lower(): value.split()
            for name, separator, value in (line.partition(":") for line in lines if not line.startswith(" "))
            if separator
        }
        if fields.get("enabled") == ["no"] or "deb" not in fields.get("types", []):
            continue
        if (
            SUITES & set(fields.get("suites", []))
            and "main" in fields.get("components", [])
            and fields.get("uris")
        ):
            yield Mirror(fields["uris"][0], _keyring(fields.get("signed-by", [])))


def _from_lines(text: str) -> Iterator[Mirror]:
    for line in text.splitlines():
        match = ONE_LINE.match(line.strip())
        if match and match["suite"] in SUITES and "main" in match["parts"].split():
            options = dict(item.split("=", 1) for item in (match["options"] or "").split() if "=" in item)
            yield Mirror(match["uri"], _keyring([options.get("signed-by", "")]))


def _keyring(signed_by: list[str]) -> str:
    """The key file that a source names, or Debian's: a key written out in the source itself is not one."""
    return signed_by[0] if signed_by and signed_by[0].startswith("/") else KEYRING
