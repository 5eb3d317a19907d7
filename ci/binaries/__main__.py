"""`python -m ci.binaries [NAME...]`: build sets, groups or single programs, and link them into .cluster/bin."""

import argparse
import sys

from ci.binaries import build, debian
from ci.binaries.groups import ROOT, groups, select, versions
from ci.progress import StepError


def main() -> int:
    """Run from the command line; the exit status is 1 after a failure, 64 for an unknown name."""
    parser = argparse.ArgumentParser(prog="python -m ci.binaries", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: everything")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument(
        "--packages", action="store_true", help="install the Debian packages of the cluster as well"
    )
    arguments = parser.parse_args()
    if arguments.list:
        for name, members in versions()["sets"].items():
            print(f"{name}: {' '.join(members)}")
        for group in groups().values():
            print(f"{group.name} {group.version}: {' '.join(group.programs)}")
        return 0
    try:
        chosen = select(arguments.names)
    except KeyError as unknown:
        print(f"error: no set, group or program is called {unknown}; see --list", file=sys.stderr)
        return 64
    try:
        if arguments.packages:
            debian.ensure()
        version = build.go_version()
        for group in chosen:
            folder = build.ensure(group, version)
            build.link(folder, group.programs, ROOT / ".cluster" / "bin")
    except StepError as failure:
        print(failure.render(), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
