"""A release that says `recovery.lostQuorum: automatic` goes on without servers that cannot be running."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.faults.test_processes import others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_for_routers
from tests.e2e.kit.writers import writing

PATIENCE_SECONDS = 60
ENOUGH_SECONDS = 240
"""A member leaves a group without a majority after 30, and then the patience begins to count."""


@contextmanager
def no_node_for(stage: Release, *pods: str) -> Iterator[None]:
    """End pods at once, and let no node take those that are made in their place before the block ends."""
    path = "/spec/template/spec/nodeSelector"
    before = stage.get("statefulset", stage.name)["spec"]["template"]["spec"].get("nodeSelector")
    add = {"op": "add", "path": path, "value": {"innodb-cluster.mysql/test": "no-node"}}
    undo = {"op": "add", "path": path, "value": before} if before else {"op": "remove", "path": path}
    stage.kubectl("patch", "statefulset", stage.name, "--type", "json", "--patch", json.dumps([add]))
    try:
        with faults.servers_gone(*(faults.processes(stage, pod) for pod in pods)):
            stage.kubectl("delete", "pod", *pods, "--force", "--grace-period=0")
        yield
    finally:
        stage.kubectl("patch", "statefulset", stage.name, "--type", "json", "--patch", json.dumps([undo]))
        stage.kubectl("delete", "pod", *pods, "--force", "--grace-period=0")


def test_the_last_server_goes_on_alone_and_the_others_join_it_later(calm: Release) -> None:
    """It waits as long as it was told to, and takes writes then; what was acknowledged before is there."""
    patience = f"recovery.lostQuorum=automatic,recovery.lostQuorumSeconds={PATIENCE_SECONDS}"
    calm.upgrade("--reuse-values", "--set", patience)
    last = others(calm, primary_pod(calm))[0]
    with writing(calm, 1002):
        pass
    with no_node_for(calm, *others(calm, last)):
        eventually(
            lambda: calm.exec_sql(last, "SELECT @@super_read_only") == "0", "a primary", ENOUGH_SECONDS
        )
        wait_for_routers(calm)
        with writing(calm, 1003) as writers:
            assert writers.query("SELECT @@hostname") == [(last,)]
    calm.upgrade("--reuse-values", "--set", "recovery.lostQuorum=refuse")
