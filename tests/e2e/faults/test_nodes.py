"""Nodes are lost, cut off, half cut off or badly connected."""

import time

from tests.e2e.faults.test_processes import MAX_GAP_SECONDS, WRITES, others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_until_whole
from tests.e2e.kit.writers import CLIENTS, Writers


def test_the_primarys_node_is_lost_and_comes_back(stage: Release, writers: Writers) -> None:
    """Another member goes on at once; the lost one joins again after the boot, without being told."""
    old = primary_pod(stage)
    since = time.monotonic()
    with faults.node_lost(faults.node_of(stage, old)):
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old


def test_the_primary_is_cut_off(stage: Release, writers: Writers) -> None:
    """What it would still accept, nobody acknowledges; it comes back with nothing of its own."""
    old = primary_pod(stage)
    since = time.monotonic()
    with faults.node_cut(faults.node_of(stage, old)):
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old


def test_the_primary_hears_nobody_but_is_heard(stage: Release, writers: Writers) -> None:
    """A partition in one direction, which looks like two different things from its two sides."""
    node = faults.node_of(stage, primary_pod(stage))
    since = time.monotonic()
    with faults.node_parted(node, one_way=True):
        writers.wait_for_more(WRITES)
        eventually(lambda: time.monotonic() - since > MAX_GAP_SECONDS, "some time with it", 60)
        writers.wait_for_more(WRITES)
    assert writers.longest_gap_seconds(since) < 2 * MAX_GAP_SECONDS


def test_bad_networks_slow_the_group_down_and_no_more(stage: Release, writers: Writers) -> None:
    """One secondary loses packets, the other sends slowly; writes go on with both."""
    first, second = (faults.node_of(stage, pod) for pod in others(stage, primary_pod(stage)))
    since = time.monotonic()
    with faults.packets_lost(first, 10), faults.node_slow(second, "2mbit"):
        for _ in range(5):
            writers.wait_for_more(10 * CLIENTS)
    assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
