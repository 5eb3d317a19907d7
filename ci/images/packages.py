"""Layers of Debian packages."""

from collections.abc import Mapping

from ci.images import debian
from ci.images.catalogue import PACKAGES, SKELETON, resolved_with
from ci.images.deb import read_package
from ci.images.layers import Layer, cached, keep_layer, layer_key
from ci.images.progress import say, step
from ci.images.rootfs import try_layers
from ci.images.tree import Tree
from ci.images.versions import DebianPins

RECIPE = ("deb.py", "packages.py")


def package_layers(pins: DebianPins, bottom: str, *, refresh: bool = False) -> dict[str, Layer]:
    """The layer `bottom` and all that lie on it by name, from the cache where they are there.

    The archive is asked only when a layer is missing or `refresh` is set: they are then resolved together, so that
    their libraries match. Raises BuildError as debian.resolve() does.
    """
    names = resolved_with(bottom)
    resolution = None if refresh else debian.known_resolution(pins, names)
    if resolution is None or not all(cached(name, _key(name, resolution)) for name in names):
        with step(f"Debian {pins.suite}: package lists") as progress:
            resolution = debian.resolve(pins, names)
            progress.note = f"{sum(len(packages) for packages in resolution.values())} packages"
    layers: dict[str, Layer] = {}
    for name in names:
        layers[name] = _layer(name, resolution, layers)
    return layers


def _layer(name: str, resolution: debian.Resolution, finished: Mapping[str, Layer]) -> Layer:
    wanted = PACKAGES[name]
    below = [finished[base] for base in wanted.on]
    return keep_layer(
        name,
        _key(name, resolution),
        make=lambda: _tree(name, resolution),
        check=lambda layer: try_layers([*below, layer], wanted.smoke),
    )


def _key(name: str, resolution: debian.Resolution) -> str:
    wanted = PACKAGES[name]
    below = [resolution[base] for base in wanted.on]
    skeleton = {} if wanted.on else SKELETON
    return layer_key(name, RECIPE, wanted.rules(), skeleton, below, resolution[name])


def _tree(name: str, resolution: debian.Resolution) -> Tree:
    packages = resolution[name]
    say(
        f"{name}: {len(packages)} packages, {sum(p.size_bytes for p in packages) / 1e6:.0f} MB to fetch at most"
    )
    tree: Tree = {}
    for path in debian.fetch(packages):
        tree.update(read_package(path, PACKAGES[name].drops_path))
    if not PACKAGES[name].on:
        tree.update(SKELETON)
    return tree
