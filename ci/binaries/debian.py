"""Programs of the distribution that the local cluster needs: found on PATH, installed by apt-get where they lack."""

import os
import shutil
import subprocess
from pathlib import Path

from ci.binaries.groups import versions
from ci.progress import StepError, step

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing(wanted: dict[str, str]) -> list[str]:
    """The packages whose program or file is not there."""
    return [
        package
        for package, proof in wanted.items()
        if not (Path(proof).exists() if proof.startswith("/") else shutil.which(proof, path=SYSTEM_PATH))
    ]


def ensure() -> None:
    """Install what lacks.

    Raises StepError when that is not possible here, with the packages to install.
    """
    packages = missing(versions()["debian"])
    if not packages:
        return
    what = " ".join(packages)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise StepError(
            f"programs are missing: {what}", hint="install the packages of these names, then try again"
        )
    with step(f"installing Debian packages: {what}"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *packages]
        for command in (["apt-get", "-qq", "update"], install):
            result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            if command is install and result.returncode != 0:
                end = "\n".join((result.stdout + result.stderr).splitlines()[-10:])
                raise StepError(
                    f"apt-get failed:\n{end}", hint=f"run: apt-get update && apt-get install {what}"
                )
