"""The virtual environment that every command of this repository runs in.

It lies in the user's cache under the hash of what is in it, so that checkouts share it and a change of the
requirements makes a new one; `.venv` at the root of the checkout is a link to it. With nothing to do this takes
some 50 ms, so that every make target can call it. It runs on the machine's own Python and must not import
anything but the standard library.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "ci" / "requirements.txt"
LINK = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
INSTALL_TRIES = 3


def say(text: str) -> None:
    """Print a line of progress at once, also into a pipe."""
    print(text, flush=True)


def fail(text: str) -> None:
    """End the program with a message."""
    sys.exit(f"error: {text}")


def cache_root() -> Path:
    """The folder of the user's cache that belongs to this project."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mysql-innodb-cluster"


def environment_path() -> Path:
    """Where the environment of these requirements and this Python lies."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes())
    digest.update(sys.version.encode())
    digest.update(os.path.realpath(sys.executable).encode())
    return cache_root() / "venv" / digest.hexdigest()[:16]


def lacks_ensurepip() -> bool:
    """Whether this Python cannot make environments, as on Debian without python3-venv."""
    probe = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(probe, stderr=subprocess.DEVNULL, check=False).returncode != 0


def install_debian_venv() -> None:
    """Install python3-venv where that needs no question: Debian, as root."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        fail("this Python cannot make virtual environments. On Debian: sudo apt-get install python3-venv")
    say("installing python3-venv (Debian splits it from Python)")
    apt = ["apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([*apt, "update"], [*apt, "install", "--no-install-recommends", "python3-venv"]):
        if subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=False).returncode:
            fail(f"{' '.join(command)} failed; install python3-venv by hand and try again")


def build(path: Path) -> None:
    """Make the environment at `path` from the hash-pinned requirements."""
    started = time.monotonic()
    say("making the Python environment (once for each change of ci/requirements.txt; about a minute)")
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)
    pip = [str(path / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    pip += ["--require-hashes", "--no-deps", "--no-compile", "--only-binary=:all:", "-r", str(REQUIREMENTS)]
    for attempt in range(1, INSTALL_TRIES + 1):
        if subprocess.run(pip, check=False).returncode == 0:
            break
        if attempt == INSTALL_TRIES:
            fail("pip could not install ci/requirements.txt; its message is above")
        say(f"pip failed; trying again ({attempt} of {INSTALL_TRIES - 1})")
    (path / ".complete").touch()
    say(f"Python environment ready after {time.monotonic() - started:.0f} s: {path}")


def ensure() -> Path:
    """Make the environment unless it is there, point `.venv` to it, and return its path."""
    path = environment_path()
    if not (path / ".complete").exists():
        if lacks_ensurepip():
            install_debian_venv()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (path / ".complete").exists():
                build(path)
    if not LINK.is_symlink() or LINK.readlink() != path:
        if LINK.is_dir() and not LINK.is_symlink():
            fail(f"{LINK} is a folder that was not made here; remove it and try again")
        LINK.unlink(missing_ok=True)
        LINK.symlink_to(path)
    return path


def main() -> None:
    """Run from the command line."""
    if sys.version_info < OLDEST_PYTHON:  # it must say so on an older one too
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--print", action="store_true", help="print the environment's path")
    arguments = parser.parse_args()
    path = ensure()
    if arguments.print:
        print(path)


if __name__ == "__main__":
    main()
