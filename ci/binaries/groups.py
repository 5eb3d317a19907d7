"""The groups of programs, as ci/versions.toml lists them, and the key under which each build is kept."""

import hashlib
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ROOT / "ci" / "versions.toml"
BUILD_FLAGS = ("-trimpath",)
LINK_FLAGS = "-s -w"


@dataclass(frozen=True, slots=True)
class Group:
    """Programs that are built from one Go module."""

    name: str
    folder: str
    module: str
    version: str
    binaries: tuple[tuple[str, str], ...]  # program, Go package
    links: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]  # what the linker sets: variable, value

    @property
    def source(self) -> Path:
        """The folder with the group's go.mod."""
        return ROOT / "ci" / "go" / self.folder

    @property
    def programs(self) -> tuple[str, ...]:
        """Every name under which a program of the group runs."""
        return tuple(program for program, _ in self.binaries) + self.links

    @property
    def link_flags(self) -> str:
        """What goes to the linker."""
        return " ".join([LINK_FLAGS, *(f"-X {name}={value}" for name, value in self.variables)])

    def key(self, go_version: str) -> str:
        """Changes with anything that changes the programs: sources, pins, compiler, flags."""
        digest = hashlib.sha256()
        for path in sorted(self.source.rglob("*")):
            if path.name in {"go.mod", "go.sum"} or path.suffix == ".go":
                digest.update(f"{path.relative_to(self.source)}\0".encode() + path.read_bytes())
        digest.update(repr((go_version, BUILD_FLAGS, self.link_flags, self.binaries, self.links)).encode())
        return f"{self.name}-{digest.hexdigest()[:12]}"


@cache
def versions() -> dict[str, Any]:
    """The content of ci/versions.toml."""
    return tomllib.loads(VERSIONS.read_text())


@cache
def groups() -> dict[str, Group]:
    """All groups by name."""
    tables: dict[str, dict[str, Any]] = versions()["groups"]
    return {name: _group(name, table, tables["kubernetes"]["version"]) for name, table in tables.items()}


def _group(name: str, table: dict[str, Any], kubernetes_version: str) -> Group:
    """The group that a table of ci/versions.toml describes."""
    version = table.get("version", "")
    major, minor, _ = kubernetes_version.split(".")
    variables: dict[str, str] = table.get("variables", {})
    return Group(
        name=name,
        folder=table.get("folder", name),
        module=table.get("module", ""),
        version=version,
        binaries=tuple(table["binaries"].items()),
        links=tuple(table.get("links", ())),
        variables=tuple(
            (variable, value.format(version=version, major=major, minor=minor))
            for variable, value in variables.items()
        ),
    )


def select(names: list[str]) -> list[Group]:
    """The groups that are meant by names of sets, groups or programs; all of them by none.

    Raises KeyError with the first name that means nothing.
    """
    known = groups()
    if not names:
        return list(known.values())
    chosen: list[str] = []
    for name in names:
        if name in versions()["sets"]:
            chosen += versions()["sets"][name]
        elif name in known:
            chosen.append(name)
        else:
            owners = [group.name for group in known.values() if name in group.programs]
            if not owners:
                raise KeyError(name)
            chosen += owners
    return [known[name] for name in dict.fromkeys(chosen)]


def cache_root() -> Path:
    """The folder of the user's cache that belongs to this project."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mysql-innodb-cluster"
