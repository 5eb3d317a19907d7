"""Command line of `make up`, `make down`, `make images` and of what `make test` needs first."""

import argparse
import os
import sys
from functools import partial

from ci.up.prepare import build_images, load_images, prepare_foreign, prepare_local
from ci.up.release import install, remove, show
from ci.up.steps import StepError, Steps
from ci.up.target import Target, target_from_environment

COMMANDS = {
    "release": "the whole way to a running cluster",
    "prepare": "the embedded Kubernetes with the images in it, nothing installed",
    "prepare-tests": "the same, and the programs that only tests call",
    "images": "build the images and load them into the embedded Kubernetes",
    "down": "uninstall the release and delete its data",
}


def perform(command: str, steps: Steps, target: Target) -> int:
    """Do what one command asks for and give the exit status."""
    match command:
        case "prepare" | "prepare-tests":
            prepare_local(steps, target, for_tests=command == "prepare-tests")
        case "images":
            archives: list[str] = []
            steps.run("images", partial(build_images, steps, target, archives))
            steps.run("images into the cluster", partial(load_images, steps, target, archives))
        case "down":
            steps.run("down", partial(remove, steps, target))
        case _:
            if target.local:
                prepare_local(steps, target, for_tests=False)
            else:
                prepare_foreign(steps, target)
            steps.run("MySQL InnoDB Cluster", partial(install, steps, target))
            status = show(target)
            steps.summary()
            return status
    steps.summary()
    return 0


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.up", description=__doc__)
    known = "; ".join(f"{name}: {text}" for name, text in COMMANDS.items())
    parser.add_argument("command", nargs="?", default="release", choices=COMMANDS, help=known)
    arguments = parser.parse_args()
    steps = Steps()
    try:
        sys.exit(perform(arguments.command, steps, target_from_environment(os.environ)))
    except StepError as error:
        sys.exit(f"\nerror: {error}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted; the same command goes on from here")


if __name__ == "__main__":
    main()
