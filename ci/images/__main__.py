"""`python -m ci.images`: builds images, or prints the path of an unpacked one. Run from the root of a checkout."""

import argparse
import os
import sys

from ci.images.archive import layer_digests, manifest_digest
from ci.images.build import build, rootfs
from ci.images.catalogue import IMAGES
from ci.images.errors import BuildError
from ci.images.progress import step


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "build":
                _need_root()
                chosen = [name for name, image in IMAGES.items() if options.for_tests or not image.for_tests]
                _build(options.names or chosen, refresh=options.refresh)
            case "rootfs":
                _need_root()
                print(rootfs(options.name))
            case _:
                print(manifest_digest(options.archive), *layer_digests(options.archive), sep="\n")
    except BuildError as error:
        print(error.report(), file=sys.stderr)
        return 1
    return 0


def _need_root() -> None:
    if os.geteuid() != 0:
        raise BuildError(
            "images are built as root: with chroot, in mount namespaces", hint="run it with sudo"
        )


def _build(names: list[str], *, refresh: bool) -> None:
    with step(f"building {', '.join(names)}"):
        finished = build(names, refresh=refresh)
    for image in finished:
        print(f"{image.reference}\t{image.archive}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ci.images", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build_options = commands.add_parser("build", help="build images; prints NAME<TAB>ARCHIVE for each")
    build_options.add_argument(
        "names", nargs="*", choices=[*IMAGES, []], metavar="IMAGE", help=", ".join(IMAGES)
    )
    build_options.add_argument("--for-tests", action="store_true", help="also what only tests run")
    build_options.add_argument("--refresh", action="store_true", help="take Debian's newest packages")
    rootfs_options = commands.add_parser(
        "rootfs", help="print the path of an unpacked image (use PATH/enter COMMAND)"
    )
    rootfs_options.add_argument("name", choices=list(IMAGES))
    digests_options = commands.add_parser(
        "digests", help="print the digests of an archive: image, then layers"
    )
    digests_options.add_argument("archive")
    return parser


if __name__ == "__main__":
    sys.exit(main())
