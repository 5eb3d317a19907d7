"""Builds a group of programs, once for each key, and links the result into a checkout."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO

from ci.binaries.groups import BUILD_FLAGS, Group, cache_root, versions
from ci.progress import Step, StepError, step

UNUSED_DAYS = 14
GO_HINT = "install Go {oldest} or newer (https://go.dev/dl/, unpacked to /usr/local/go) and put its bin folder on PATH"


def go_version() -> str:
    """The version of the Go on PATH, for example go1.26.8.

    Raises StepError when there is none or it is too old.
    """
    oldest = versions()["go"]["oldest"]
    hint = GO_HINT.format(oldest=oldest)
    program = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if program is None:
        raise StepError("no Go compiler on PATH", hint=hint)
    os.environ["PATH"] = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
    found = subprocess.run(
        ["go", "env", "GOVERSION"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if _numbers(found) < _numbers(oldest):
        raise StepError(f"Go {oldest} or newer is needed, found {found}", hint=hint)
    return found


def _numbers(version: str) -> tuple[int, ...]:
    """The parts of a version that can be compared."""
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def build_folder(group: Group, version: str) -> Path:
    """Where the programs of a group lie or will lie."""
    return cache_root() / "bin" / group.key(version)


def ensure(group: Group, version: str) -> Path:
    """Build the group unless it is there; returns its folder.

    Raises StepError with the end of the compiler's output.
    """
    folder = build_folder(group, version)
    if folder.is_dir():
        os.utime(folder)  # used today
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{group.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _build(group, folder)
    return folder


def _build(group: Group, folder: Path) -> None:
    """Compile into a temporary folder and give it its name when it is complete."""
    log = folder.parent / f"{group.name}.log"
    with (
        step(f"building {group.name} {group.version}".strip()) as current,
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{group.name}-") as temporary,
        log.open("w") as output,
    ):
        target = Path(temporary) / "bin"
        target.mkdir()
        for program, package in group.binaries:
            command = ["go", "build", "-v", *BUILD_FLAGS, "-ldflags", group.link_flags]
            if _go([*command, "-o", str(target / program), package], group.source, output, current):
                raise StepError(
                    f"building {program} failed",
                    log=log,
                    hint="the first build downloads Go modules: is the Go module proxy (go env GOPROXY) reachable? "
                    "Is the disk full (a full build needs 15 GB of cache)?",
                )
        for link in group.links:
            (target / link).symlink_to(group.binaries[0][0])
        target.rename(folder)
    _prune(group, folder)


def _prune(group: Group, kept: Path) -> None:
    """Remove builds of the group that no checkout has used for two weeks."""
    oldest = time.time() - UNUSED_DAYS * 86400
    for folder in kept.parent.glob(f"{group.name}-*"):
        if folder.is_dir() and folder != kept and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _go(command: list[str], source: Path, output: IO[str], current: Step) -> int:
    """Run the compiler, count the packages that it names, and return its exit status."""
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    # Git refuses to answer in a checkout of another user, as under sudo, and the build would fail.
    environment["GOFLAGS"] = f"{os.environ.get('GOFLAGS', '')} -buildvcs=false".strip()
    process = subprocess.Popen(
        command,
        cwd=source,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reader = threading.Thread(target=_count, args=(process, output, current))
    reader.start()
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
        reader.join()


def _count(process: "subprocess.Popen[str]", output: IO[str], current: Step) -> None:
    """Copy the compiler's lines to the log; each names a package that it compiles."""
    packages = downloads = 0
    for line in process.stdout or ():
        output.write(line)
        output.flush()
        downloads += line.startswith("go: downloading")
        packages += not line.startswith("go: ")
        current.note = f"{packages} packages" + (f", {downloads} modules downloaded" if downloads else "")


def module_folder(group: Group, module: str) -> Path:
    """Where Go keeps the source of a module that the group depends on.

    Raises StepError when it can't be downloaded.
    """
    command = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    for attempt in (command, ["go", "mod", "download", module], command):
        result = subprocess.run(attempt, cwd=group.source, capture_output=True, text=True, check=False)
        if attempt is command and result.returncode == 0 and result.stdout.strip():
            return Path(result.stdout.strip())
    raise StepError(f"the Go module {module} is not there: {result.stderr.strip()}")


def link(folder: Path, programs: tuple[str, ...], target: Path) -> None:
    """Point `target`/PROGRAM to the build, for each program."""
    target.mkdir(parents=True, exist_ok=True)
    for program in programs:
        place = target / program
        if place.is_symlink() and place.readlink() == folder / program:
            continue
        fresh = target / f".{program}.new"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(folder / program)
        fresh.replace(place)
