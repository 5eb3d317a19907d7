"""A hook Job may be killed at any moment: the next one goes on where it was."""

import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.e2e.kit.release import PASSWORD, Release, values_file
from tests.e2e.kit.shell import CHART, KUBECONFIG

KILLS = 10
SEED = 20_261_123
MAX_SECONDS = 0.4
"""How long a run of the Job lives after its first line, at most: it gets an action or two further, not to its end."""


def test_the_bootstrap_survives_ten_kills_of_its_job(fresh: Callable[..., Release], tmp_path: Path) -> None:
    """One run after the other is killed at a random moment, each where the last one got to."""
    release = fresh("killed", "interruptions")
    values, output = (
        Path(values_file(tmp_path, {"credentials": {"root": {"password": PASSWORD}}})),
        tmp_path / "helm",
    )
    command = [
        *(release.helm, "install", "killed", str(CHART), "--namespace", "interruptions"),
        *("--kubeconfig", str(KUBECONFIG), "--values", str(values), "--timeout", "10m"),
        *("--set", "timeouts.install=500"),
    ]
    kills, chance = 0, random.Random(SEED)
    with output.open("w") as file, subprocess.Popen(command, stdout=file, stderr=file) as install:
        try:
            while kills < KILLS and install.poll() is None:
                if _kill_after_first_line(release, chance.uniform(0, MAX_SECONDS)):
                    kills += 1
            assert install.wait(timeout=420) == 0, output.read_text()
        finally:
            install.kill()
    assert kills == KILLS, "the Job was too quick to be killed often"
    assert release.status()[0] == 0
    assert len(release.query("SELECT * FROM mysql_innodb_cluster_metadata.clusters")) == 1
    assert len(release.query("SELECT * FROM mysql_innodb_cluster_metadata.instances")) == 3
    release.test()


def _kill_after_first_line(release: Release, seconds: float) -> bool:
    """Delete the running pod of the Job so many seconds after it has logged its first line; False when it was done."""
    selector = "job-name=killed-converge"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        names = release.kubectl(
            *("get", "pods", "--selector", selector, "--field-selector", "status.phase=Running"),
            *("-o", "name"),
            check=False,
        ).split()
        for name in names:
            if release.kubectl("logs", name, check=False).strip():
                time.sleep(seconds)
                release.kubectl("delete", name, "--grace-period=0", "--force", "--wait=false", check=False)
                return True
        job = release.kubectl(
            "get", "job", "killed-converge", "-o", "jsonpath={.status.succeeded}", check=False
        )
        if job.strip() == "1":
            return False
        time.sleep(0.1)
    return False
