"""Nodes are lost, cut off, half cut off or badly connected."""

import time

import pytest

from tests.e2e.faults.test_processes import MAX_GAP_SECONDS, WRITES, others
from tests.e2e.kit import faults
from tests.e2e.kit.release import Release
from tests.e2e.kit.shell import eventually
from tests.e2e.kit.state import primary_pod, wait_until_whole
from tests.e2e.kit.writers import CLIENTS, Writers

pytestmark = pytest.mark.alone

BAD_SECONDS = 10.0
ROUTER_SECONDS = 10.0
"""Kubernetes would lead clients to the dead router for forty."""


def test_the_primarys_node_is_lost_and_comes_back(stage: Release, writers: Writers) -> None:
    """Another member goes on at once, its router is out of the Service; the lost one joins again after the boot."""
    old = primary_pod(stage)
    node = faults.node_of(stage, old)
    router = next(p["metadata"]["name"] for p in stage.pods("router") if p["spec"]["nodeName"] == node)
    assert router in _led_to(stage)
    since = time.monotonic()
    with faults.node_lost(node):
        eventually(lambda: router not in _led_to(stage), "out of the Service", 30, pause_seconds=0.1)
        out_seconds = time.monotonic() - since
        writers.wait_for_more(WRITES)
        assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS
    wait_until_whole(stage)
    assert primary_pod(stage) != old
    assert out_seconds < ROUTER_SECONDS
    eventually(lambda: len(_led_to(stage)) == len(stage.pods("router")), "all routers in the Service", 60)


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
        while time.monotonic() - since < BAD_SECONDS:
            writers.wait_for_more(10 * CLIENTS)
    assert writers.longest_gap_seconds(since) < MAX_GAP_SECONDS


def _led_to(stage: Release) -> set[str]:
    slices = stage.all("endpointslice", selector=f"kubernetes.io/service-name={stage.name}")
    endpoints = [endpoint for each in slices for endpoint in each["endpoints"] or []]
    return {each["targetRef"]["name"] for each in endpoints if each["conditions"]["ready"]}
