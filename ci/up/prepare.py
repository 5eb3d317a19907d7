"""What has to be there before the chart can be installed: programs, a Kubernetes, images."""

import os
import shutil
import sys
from functools import partial
from pathlib import Path

from ci.up.steps import StepError, Steps
from ci.up.target import Target

TEST_PROGRAMS = ("helm3", "chart-testing", "kubeconform", "helm-docs")
"""Only the tests call these."""


def prepare_local(steps: Steps, target: Target, *, for_tests: bool) -> None:
    """Start the embedded Kubernetes with the images in it; what is there already is left as it is."""
    if sys.platform != "linux":
        raise StepError("the embedded Kubernetes needs Linux; CONTEXT=name uses one that you have")
    if os.geteuid() != 0:  # said before anything is built, which takes minutes
        raise StepError(
            "the embedded Kubernetes needs root: run it with sudo, or use yours with CONTEXT=name"
        )
    archives: list[str] = []
    steps.side_by_side(
        partial(_start_cluster, steps, target, for_tests=for_tests),
        partial(steps.run, "images", partial(build_images, steps, target, archives, for_tests=for_tests)),
    )
    steps.run("images into the cluster", partial(load_images, steps, target, archives))


def _start_cluster(steps: Steps, target: Target, *, for_tests: bool) -> None:
    groups = ["cluster", "helm4", *(TEST_PROGRAMS if for_tests else ())]
    steps.run("programs", partial(_module, steps, target, "ci.binaries", *groups))
    steps.run("Kubernetes", partial(_module, steps, target, "ci.cluster", "up"))


def build_images(steps: Steps, target: Target, archives: list[str], *, for_tests: bool = False) -> None:
    """Build the images, also those that only tests run, and add the paths of their archives to `archives`."""
    argv = [sys.executable, "-m", "ci.images", "build", *(["--for-tests"] if for_tests else [])]
    lines = steps.command("images", argv, target.environment(), show=False)
    archives += [line.split("\t")[1] for line in lines if "\t" in line]


def load_images(steps: Steps, target: Target, archives: list[str]) -> None:
    """Load image archives into every node of the embedded Kubernetes."""
    _module(steps, target, "ci.cluster", "load-image", *archives)


def prepare_foreign(steps: Steps, target: Target) -> None:
    """Say what somebody's own Kubernetes needs for the chart; nothing is built for it.

    Raises:
        StepError: helm, kubectl or the kubeconfig is missing.

    """
    named = [path for path in target.environment().get("KUBECONFIG", "").split(os.pathsep) if path]
    if named and not any(Path(path).is_file() for path in named):
        raise StepError(
            f"KUBECONFIG names {', '.join(named)}, which is not there; unset it for the embedded Kubernetes"
        )
    missing = [name for name in ("helm", "kubectl") if shutil.which(target.program(name)) is None]
    if missing:
        raise StepError(
            f"{' and '.join(missing)} not found: put what you use with this Kubernetes on PATH, or build it here, which\n"
            f"takes minutes: .venv/bin/python -m ci.binaries {' '.join(missing)}"
        )
    if not target.values:
        steps.say(
            "note: the hooks image is in no public registry. Unless the nodes have it, push the archive that"
        )
        steps.say(
            "      `python -m ci.images build` makes to your registry and name that: VALUES=file (images.hooks)"
        )


def _module(steps: Steps, target: Target, module: str, *arguments: str) -> list[str]:
    name = module.rpartition(".")[2]
    return steps.command(name, [sys.executable, "-m", module, *arguments], target.environment())
