"""The build as a whole: layers, then an archive for each image asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.images import debian
from ci.images.cache import images_cache, keep, key_of, prune
from ci.images.catalogue import IMAGES, PACKAGES, Image, resolved_with
from ci.images.chart import default_reference
from ci.images.code import code_layer
from ci.images.layers import Layer
from ci.images.oci import configuration, reference, write_archive
from ci.images.packages import package_layers
from ci.images.progress import say, step
from ci.images.rootfs import forget_old, unpack
from ci.images.versions import DebianPins, debian_pins, hooks_version
from ci.images.wheels import wheels_layer

ARCHIVE = "image.tar"
ARCHIVES_KEPT = 4  # of each image: other checkouts may be loading theirs
LAYERS_KEPT = 6


@dataclass(frozen=True, slots=True)
class Built:
    """A finished image: its full name, its archive and what it takes when unpacked."""

    reference: str
    archive: Path
    content_bytes: int


def build(names: Sequence[str], *, refresh: bool = False) -> list[Built]:
    """Build images by name; what is in the cache is not built again unless Debian's packages are to be refreshed.

    Raises BuildError with a reason, a hint and the last lines of what failed.
    """
    pins = debian_pins()
    layers = _layers(pins, names, refresh=refresh)
    built = [
        _image(IMAGES[name], [layers[layer] for layer in IMAGES[name].layers], pins.mysql) for name in names
    ]
    _tidy(pins)
    return built


def rootfs(name: str) -> Path:
    """The unpacked file system of an image; that of the server also has the router, for tests that need both."""
    layers = _layers(debian_pins(), [name], refresh=False)
    wanted = (*IMAGES[name].layers, "router") if name == "server" else IMAGES[name].layers
    return unpack(f"test-{name}", [layers[layer] for layer in wanted])


def _layers(pins: DebianPins, names: Sequence[str], *, refresh: bool) -> dict[str, Layer]:
    layers: dict[str, Layer] = {}
    for bottom in dict.fromkeys(IMAGES[name].layers[0] for name in names):
        layers |= package_layers(pins, bottom, refresh=refresh)
    if "hooks" in names:
        layers["wheels"] = wheels_layer(pins, layers["base"], layers["python"])
        layers["code"] = code_layer(hooks_version(), layers["base"], layers["python"])
    return layers


def _image(image: Image, layers: list[Layer], mysql_version: str) -> Built:
    version = _tag(image, mysql_version)
    aliases = [] if image.for_tests else [default_reference(image.name)]
    key = key_of(reference(image, version), aliases, configuration(image, version, layers))

    def make(folder: Path) -> None:
        with step(f"archive of {image.name}"):
            write_archive(image, version, layers, folder / ARCHIVE, aliases=aliases)

    folder = keep(images_cache() / "archives" / f"{image.name}-{key}", make)
    built = Built(reference(image, version), folder / ARCHIVE, sum(layer.content_bytes for layer in layers))
    say(f"{built.reference}: {built.content_bytes / 1e6:.0f} MB unpacked")
    return built


def _tag(image: Image, mysql_version: str) -> str:
    if image.for_tests:
        return "test"
    return hooks_version() if image.name == "hooks" else mysql_version


def _tidy(pins: DebianPins) -> None:
    """Remove what older builds left: archives, layers and packages that are no longer among the newest."""
    for image in IMAGES.values():
        prune(images_cache() / "archives", f"{image.name}-*", ARCHIVES_KEPT)
        for layer in image.layers:
            prune(images_cache() / "layers", f"{layer}-*", LAYERS_KEPT)
    forget_old()
    bottoms = [name for name, layer in PACKAGES.items() if not layer.on]
    known = [debian.known_resolution(pins, resolved_with(bottom)) for bottom in bottoms]
    debian.forget_downloads(filter(None, known))
