"""Everything stops: nodes, control plane, database. Everything starts, and nobody does anything."""

import subprocess
import sys

import pytest

from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import ROOT, eventually
from tests.e2e.kit.state import whole

pytestmark = pytest.mark.alone


def test_the_database_comes_back_after_the_kubernetes_was_stopped(shared: Release) -> None:
    """A complete outage of every layer at once."""
    shared.query("CREATE DATABASE IF NOT EXISTS restarted")
    shared.query("CREATE TABLE IF NOT EXISTS restarted.t (id INT PRIMARY KEY)")
    shared.query("REPLACE INTO restarted.t VALUES (7)")
    for command in ("stop", "up"):
        subprocess.run([sys.executable, "-m", "ci.cluster", command], cwd=ROOT, check=True, timeout=300)
    eventually(lambda: whole(shared), "three members again", 400)
    assert eventually(lambda: shared.query("SELECT id FROM restarted.t"), "an answer through the router") == [
        (7,)
    ]
    shared.test()
