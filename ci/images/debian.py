"""Packages of the Debian release that has the server: resolved, checked against their pins and fetched, by apt.

apt works on a state of its own in the cache, with an empty list of installed packages: a request resolves to
everything that it depends on. The machine's own apt is neither changed nor asked, except for its mirror and its way
to it (proxy, certificates).
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ci.images.cache import images_cache, key_of, locked
from ci.images.catalogue import PACKAGES, PackageLayer
from ci.images.errors import BuildError, run
from ci.images.mirror import Mirror, find_mirror
from ci.images.versions import DebianPins

INSTALL_LINE = re.compile(r"^Inst (?P<name>\S+) \((?P<version>\S+) ")
UPDATE_TIMEOUT_SECONDS = 300
NETWORK_HINT = (
    "check that this machine reaches its Debian mirror (INNODB_CLUSTER_DEBIAN_MIRROR names another one)"
)


@dataclass(frozen=True, slots=True)
class Package:
    """One package of the archive: the version that was chosen and the hash of its file."""

    name: str
    version: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """The name under which apt keeps the file: the colon of an epoch is encoded."""
        return f"{self.name}_{self.version.replace(':', '%3a')}"


Resolution = dict[str, list[Package]]


def _state() -> Path:
    return images_cache() / "apt"


def _resolution_path(pins: DebianPins, names: Sequence[str]) -> Path:
    rules = {name: PACKAGES[name].rules() for name in names}
    return images_cache() / f"resolved-{key_of(pins, rules)}.json"


def known_resolution(pins: DebianPins, names: Sequence[str]) -> Resolution | None:
    """The packages that an earlier build chose for these pins and layers, or None."""
    path = _resolution_path(pins, names)
    if not path.is_file():
        return None
    return {
        layer: [Package(**package) for package in packages]
        for layer, packages in json.loads(path.read_text()).items()
    }


def resolve(pins: DebianPins, names: Sequence[str]) -> Resolution:
    """Ask the archive for the packages of layers, each after those that it lies on, and remember the answer.

    A layer's packages are what it asks for and all they depend on, less what the layers below have. Raises BuildError
    when the archive cannot be reached or no longer has a pinned version.
    """
    with locked(images_cache() / "apt.lock"):
        _configure(find_mirror(), pins)
        _apt("apt-get", "-q", "update", timeout_seconds=UPDATE_TIMEOUT_SECONDS)
        resolution: Resolution = {}
        for name in names:
            layer = PACKAGES[name]
            below = {package.name for base in layer.on for package in resolution[base]}
            chosen = _closure([*_asked(layer)])
            resolution[name] = [p for p in chosen if p.name not in below and not layer.leaves_out(p.name)]
    check_pins(resolution, pins)
    text = json.dumps(
        {name: [asdict(package) for package in packages] for name, packages in resolution.items()}, indent=1
    )
    _resolution_path(pins, names).write_text(text)
    return resolution


def fetch(packages: list[Package]) -> list[Path]:
    """The files of packages, fetched and verified by apt unless they are in its cache."""
    with locked(images_cache() / "apt.lock"):
        missing = [f"{package.name}={package.version}" for package in packages if _fetched(package) is None]
        if missing:
            _apt("apt-get", "-q", "download", *missing, folder=_archives())
    files = []
    for package in packages:
        path = _fetched(package)
        if path is None:
            raise BuildError(f"apt did not fetch {package.name} {package.version}", hint=NETWORK_HINT)
        files.append(path)
    return files


def forget_downloads(resolutions: Iterable[Resolution]) -> None:
    """Remove the files of packages that no layer uses any more, and apt's index of its lists (100 MB)."""
    used = {p.file_name for resolution in resolutions for packages in resolution.values() for p in packages}
    for path in (_state() / "var/cache/apt").glob("*pkgcache.bin"):
        path.unlink(missing_ok=True)
    for path in _archives().glob("*.deb"):
        if path.name.rsplit("_", 1)[0] not in used:
            path.unlink(missing_ok=True)


def _archives() -> Path:
    return _state() / "var/cache/apt/archives"


def _fetched(package: Package) -> Path | None:
    for path in _archives().glob(f"{package.file_name}_*.deb"):
        if path.stat().st_size == package.size_bytes:
            return path
    return None


def _asked(layer: PackageLayer) -> list[str]:
    names = [name for base in layer.on for name in PACKAGES[base].packages]
    return [*names, *layer.packages]


def _closure(names: list[str]) -> list[Package]:
    simulated = _apt("apt-get", "-s", "install", *names)
    chosen = [match for match in map(INSTALL_LINE.match, simulated.splitlines()) if match]
    described = _apt(
        "apt-cache", "show", "--no-all-versions", *(f"{m['name']}={m['version']}" for m in chosen)
    )
    packages = []
    for paragraph in described.strip().split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " "
        )
        packages.append(Package(fields["Package"], fields["Version"], fields["SHA256"], int(fields["Size"])))
    return sorted(packages, key=lambda package: package.name)


def check_pins(resolution: Resolution, pins: DebianPins) -> None:
    """Compare what the archive has with the pins; a layer that asks for nothing pinned is not concerned.

    Raises BuildError that names the package, both versions and the setting to change.
    """
    versions = {package.name: package.version for packages in resolution.values() for package in packages}
    for name, wanted, setting in (
        ("mysql-server-core", pins.mysql, "mysql"),
        ("mysql-client-core", pins.mysql, "mysql"),
        ("mysql-router", pins.mysql, "mysql"),
        ("python3", pins.python, "python"),
    ):
        if name not in versions:
            continue
        found = versions[name].split(":")[-1]
        if not re.match(rf"{re.escape(wanted)}([^0-9]|$)", found):
            raise BuildError(
                f"Debian {pins.suite} has {name} {found}, and no longer {wanted}",
                hint=f"set `{setting}` under [images] in ci/versions.toml to the new version and run the tests"
                + ("; appVersion in Chart.yaml and the images' tags follow it" if setting == "mysql" else ""),
            )


def _configure(mirror: Mirror, pins: DebianPins) -> None:
    state = _state()
    for name in (
        "etc/apt/preferences.d",
        "etc/apt/sources.list.d",
        "var/lib/apt/lists/partial",
        "var/lib/dpkg",
    ):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "var/cache/apt/archives/partial").mkdir(parents=True, exist_ok=True)
    (state / "var/lib/dpkg/status").write_text("")
    (state / "etc/apt/sources.list").write_text(
        f"deb [signed-by={mirror.keyring}] {mirror.uri} {pins.suite} main\n"
    )
    machine = run(["apt-config", "dump"], hint="apt is needed: build the images on Debian or Ubuntu")
    lines = [line for line in machine.splitlines() if line.startswith(("Acquire::http", "Acquire::ftp"))]
    lines += [
        f'Dir "{state}";',
        f'Dir::State::status "{state}/var/lib/dpkg/status";',
        'Dir::Etc::main "/dev/null";',
        'Dir::Etc::parts "/dev/null";',
        'Acquire::Check-Valid-Until "false";',
        'Acquire::Languages "none";',
        'Acquire::Retries "3";',
        'APT::Update::Error-Mode "any";',
        'APT::Architecture "amd64";',
        'APT::Install-Recommends "false";',
        'APT::Sandbox::User "root";',
    ]
    (state / "apt.conf").write_text("\n".join(lines) + "\n")


def _apt(*command: str, folder: Path | None = None, timeout_seconds: float = 600) -> str:
    return run(
        command,
        folder=folder,
        hint=NETWORK_HINT,
        timeout_seconds=timeout_seconds,
        APT_CONFIG=str(_state() / "apt.conf"),
        DEBIAN_FRONTEND="noninteractive",
        LC_ALL="C.UTF-8",
    )
