"""The versions that the images are built from: [images] in ci/versions.toml and the Python package's own version."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ci.images.errors import BuildError

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ROOT / "ci" / "versions.toml"
HOOKS = ROOT / "hooks"


@dataclass(frozen=True, slots=True)
class DebianPins:
    """The Debian suite, and the versions that it must have: upstream's for the server, major.minor for Python."""

    suite: str
    mysql: str
    python: str


def debian_pins(path: Path = VERSIONS) -> DebianPins:
    """Read the pins.

    Raises BuildError when the file lacks the table or one of its keys.
    """
    try:
        table = tomllib.loads(path.read_text())["images"]
        return DebianPins(suite=table["suite"], mysql=table["mysql"], python=table["python"])
    except (OSError, KeyError, tomllib.TOMLDecodeError) as error:
        raise BuildError(
            f"{path} has no [images] table with the keys suite, mysql and python ({error!r})",
            hint='for example: suite = "sid", mysql = "9.7.4", python = "3.14"',
        ) from error


def hooks_version(path: Path = HOOKS / "pyproject.toml") -> str:
    """The version of the Python package, which is the tag of the hooks image."""
    return str(tomllib.loads(path.read_text())["project"]["version"])
