"""One release for all faults. Before and after each of them it is whole; under load all the time."""

import itertools
import signal
from collections.abc import Iterator

import pytest

from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.state import assert_alike, primary_pod, renew_restarted, wait_until_whole
from tests.e2e.kit.writers import CLIENTS, Writers

VALUES = {
    "serverInstances": "3",
    "routerInstances": "3",
    "datadirVolumeClaimTemplate.resources.requests.storage": "2Gi",
    "server.resources.limits.memory": "1Gi",
    "server.resources.requests.memory": "512Mi",
}
BACKED_OFF = 3
"""From the third restart on the kubelet waits for longer than it takes to replace the pod."""
PAUSE_SECONDS = 0.04
"""Between two writes of a client: more of them would take the processors from the tests beside these."""
_RUNS = itertools.count()


@pytest.fixture(scope="package")
def stage() -> Iterator[Release]:
    """The release that everything happens to. A run that is told to end undoes what it has done."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults.mend()
    release = Release("mysql", "faults")
    release.delete_namespace()
    release.make_namespace()
    release.install("--set", ",".join(f"{key}={value}" for key, value in VALUES.items()))
    yield release
    faults.mend()
    release.delete_namespace()


@pytest.fixture
def calm(stage: Release) -> Iterator[Release]:
    """A whole cluster whose members hold the same, and do so again afterwards; nobody writes."""
    wait_until_whole(stage)
    assert_alike(stage)
    yield stage
    wait_until_whole(stage)
    assert_alike(stage)


@pytest.fixture
def writers(stage: Release) -> Iterator[Writers]:
    """Clients that write while the test runs, through a node on which no primary is.

    Afterwards the cluster comes back by itself: every member ONLINE, every acknowledged write there, all members alike.
    """
    faults.mend()
    wait_until_whole(stage)
    renew_restarted(stage, BACKED_OFF)
    node = faults.other_node(faults.node_of(stage, primary_pod(stage)))
    load = Writers(stage, next(_RUNS), node, PAUSE_SECONDS)
    load.start()
    try:
        yield load
        wait_until_whole(stage)
        load.wait_for_more(20 * CLIENTS)
    finally:
        load.stop()
        faults.mend()
    load.assert_nothing_lost()
    assert_alike(stage)
