"""Runs kubectl and helm against the local cluster, and waits for conditions."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import mysql.connector

ROOT = Path(__file__).resolve().parents[3]
BIN = ROOT / ".cluster" / "bin"
KUBECONFIG = ROOT / ".cluster" / "kubeconfig"
CHART = ROOT / "charts" / "mysql-innodb-cluster"

Answer = TypeVar("Answer")


def environment() -> dict[str, str]:
    """Give what a process needs to find the local cluster and its programs."""
    return {**os.environ, "KUBECONFIG": str(KUBECONFIG), "PATH": f"{BIN}:{os.environ['PATH']}"}


def run(
    *command: str, check: bool = True, stdin: str | None = None, seconds: float = 600
) -> subprocess.CompletedProcess[str]:
    """Run a command; on failure the test shows what it printed."""
    done = subprocess.run(
        command, env=environment(), input=stdin, capture_output=True, text=True, timeout=seconds, check=False
    )
    if check and done.returncode != 0:
        shown = f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(shown)
    return done


def kubectl(*arguments: str, check: bool = True, stdin: str | None = None) -> str:
    """Run kubectl and give what it printed."""
    return run("kubectl", *arguments, check=check, stdin=stdin).stdout


def eventually(
    question: Callable[[], Answer], what: str, seconds: float = 180, pause_seconds: float = 0.5
) -> Answer:
    """Ask until the answer is true; a question that fails, or that the database does not answer, counts as a no."""
    deadline = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < deadline:
        try:
            answer = question()
        except (AssertionError, mysql.connector.Error) as error:
            last = error
        else:
            if answer:
                return answer
            last = answer
        time.sleep(pause_seconds)
    message = f"not within {seconds} s: {what}; last answer: {last}"
    raise AssertionError(message)
