"""Runs the start scripts with stand-ins for MySQL's programs."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.chart.rendering import CHART

FILES = CHART / "files"


class Box:
    """A container's file system: programs on PATH, the volumes, and a journal of what was called."""

    def __init__(self, root: Path) -> None:
        """Make the folders that Kubernetes would mount."""
        self.root = root
        for name in ("bin", "volume", "conf", "extra", "run", "internal"):
            (root / name).mkdir()
        self.journal = root / "journal"
        self.journal.touch()

    def program(self, name: str, body: str) -> None:
        """Put a program on PATH that writes its arguments into the journal and then does something."""
        path = self.root / "bin" / name
        path.write_text(
            f'#!/bin/bash\nprintf "%s %s\\n" {name} "$*" >>{self.journal}\n{body}\n', encoding="utf-8"
        )
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        """Programs that were called, with their arguments."""
        return self.journal.read_text(encoding="utf-8").splitlines()

    @property
    def environment(self) -> dict[str, str]:
        """Where the scripts find all of this."""
        return {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "INNODB_CLUSTER_VOLUME": str(self.root / "volume"),
            "INNODB_CLUSTER_OPTION_FILE": str(self.root / "conf" / "my.cnf"),
            "INNODB_CLUSTER_EXTRA": str(self.root / "extra" / "extra.cnf"),
            "INNODB_CLUSTER_RUN": str(self.root / "run"),
            "INNODB_CLUSTER_CONF": str(self.root / "conf"),
            "INNODB_CLUSTER_INTERNAL": str(self.root / "internal"),
        }

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script to its end."""
        return subprocess.run(
            ["bash", str(FILES / script)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    @contextmanager
    def started(self, script: str) -> Iterator[subprocess.Popen[str]]:
        """Start a script, and make sure that it ends."""
        process = subprocess.Popen(
            ["bash", str(FILES / script)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            # With what it has started: that would go on, and hold the pipe open.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def status_when_told_to_end(self, script: str, program: str, trap: str) -> int:
        """Run a script whose program waits, send it SIGTERM then, and give the status that it ends with."""
        ready = self.root / "ready"
        os.mkfifo(ready)
        self.program(program, f'sleep 60 &\ntrap "kill $!; {trap}" TERM\necho >{ready}\nwait')
        with self.started(script) as process:
            ready.read_text(encoding="utf-8")
            process.send_signal(signal.SIGTERM)
            return process.wait(timeout=20)
