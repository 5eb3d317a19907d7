"""Daemons: started apart from the caller, found again by a record that outlives pid reuse, ended as a group."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

ENTER_GROUP = 'echo 0 > "$0" && exec "$@"'
# Runs a program again when it ends. TERM and INT end both; a child that will not go is killed with the group.
SUPERVISE = """
child=
trap 'trap - TERM; [ -z "$child" ] || kill "$child" 2>/dev/null; exit 0' TERM INT
while :; do
  "$@" & child=$!
  wait "$child"; status=$?
  echo "--- ended with status $status, starting again" >&2
  child=; sleep 1 & wait $!
done
"""
LARGEST_LOG_BYTES = 20 * 1024 * 1024
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Identity:
    """A process that cannot be mistaken for a later one of the same number."""

    pid: int
    start_ticks: int
    boot_id: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Daemon:
    """A component to run.

    `files` are configuration files whose change means that it must be started again.
    """

    name: str
    command: tuple[str, ...]
    namespaces: tuple[str, ...] = ()  # options for nsenter
    supervised: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    def fingerprint(self) -> str:
        """Changes with command, environment and configuration files."""
        digest = hashlib.sha256(repr((self.command, self.namespaces, self.environment)).encode())
        for path in self.files:
            digest.update(path.read_bytes())
        return digest.hexdigest()[:16]

    def argv(self, tracking_file: Path) -> list[str]:
        """The full command: join the control group, enter the namespaces, supervise if wanted, run."""
        argv = list(self.command)
        if self.supervised:
            argv = ["/bin/sh", "-c", SUPERVISE, self.name, *argv]
        if self.namespaces:
            argv = ["nsenter", *self.namespaces, "--", *argv]
        return ["/bin/sh", "-c", ENTER_GROUP, str(tracking_file), *argv]


def boot_id() -> str:
    """Differs after every boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def parse_stat(text: str) -> tuple[str, int]:
    """State and start time (in clock ticks since boot) from /proc/PID/stat; the name may hold any character."""
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[19])


def start_ticks(pid: int) -> int | None:
    """When a process started; None for one that has ended, be it reaped or not."""
    try:
        state, ticks = parse_stat(Path(f"/proc/{pid}/stat").read_text())
    except (OSError, ValueError, IndexError):
        return None
    return None if state in "ZX" else ticks


@dataclass(frozen=True, slots=True)
class Processes:
    """The daemons of one cluster, recorded in a folder."""

    folder: Path
    logs: Path
    tracking_file: Path
    programs: Path  # where programs are looked for, before the system's folders

    def _record(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def log(self, name: str) -> Path:
        """The log of a component."""
        return self.logs / f"{name}.log"

    def names(self) -> list[str]:
        """Components that were started."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def identity(self, name: str) -> Identity | None:
        """The running process of a component, or None."""
        try:
            identity = Identity(**json.loads(self._record(name).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        alive = identity.boot_id == boot_id() and start_ticks(identity.pid) == identity.start_ticks
        return identity if alive else None

    def fingerprint(self, daemon: Daemon) -> str:
        """Changes with anything that the running process has read, its program included."""
        program = self.programs / daemon.command[0]
        return hashlib.sha256(f"{daemon.fingerprint()} {program.resolve()}".encode()).hexdigest()[:16]

    def is_current(self, daemon: Daemon) -> bool:
        """Whether the component runs with just this program, command and configuration."""
        identity = self.identity(daemon.name)
        return identity is not None and identity.fingerprint == self.fingerprint(daemon)

    def ensure(self, daemon: Daemon) -> bool:
        """Start the component unless it runs as wanted; returns whether it was started."""
        if self.is_current(daemon):
            return False
        self.stop([daemon.name])
        self._start(daemon)
        return True

    def _start(self, daemon: Daemon) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.log(daemon.name)
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.replace(log.with_suffix(".log.old"))
        environment = {"PATH": f"{self.programs}:{SYSTEM_PATH}", "HOME": "/root", "LANG": "C.UTF-8"}
        with log.open("ab") as output:
            process = subprocess.Popen(
                daemon.argv(self.tracking_file),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                env=environment | daemon.environment,
            )
        # The child is left to itself; without this, Popen warns when it is collected.
        process.returncode = 0
        ticks = start_ticks(process.pid)
        identity = Identity(process.pid, ticks or 0, boot_id(), self.fingerprint(daemon))
        fresh = self._record(daemon.name).with_suffix(".new")
        fresh.write_text(json.dumps(asdict(identity)))
        fresh.replace(self._record(daemon.name))

    def stop(self, names: list[str], *, grace_seconds: float = 5.0) -> None:
        """End components with all that is in their sessions; those that will not go are killed."""
        running = {name: identity for name in names if (identity := self.identity(name))}
        for identity in running.values():
            _signal_group(identity.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while time.monotonic() < deadline and any(self.identity(name) for name in running):
            time.sleep(0.05)
        for identity in running.values():
            _signal_group(identity.pid, signal.SIGKILL)
        while any(self.identity(name) for name in running):
            time.sleep(0.02)
        for name in names:
            self._record(name).unlink(missing_ok=True)


def _signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the process group that a daemon leads."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)
