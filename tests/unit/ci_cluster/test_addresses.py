"""Which addresses a cluster takes."""

import ipaddress

import pytest

from ci.cluster.addresses import Block, NoFreeBlockError, choose_block, overlap


def test_the_first_block_is_taken_on_an_empty_machine() -> None:
    """With nothing but the default route and another network, 10.200.0.0/16 it is."""
    assert choose_block(["0.0.0.0/0", "192.0.2.0/24"]).number == 200


def test_a_block_with_a_used_part_is_passed_over() -> None:
    """A route to a part of a block makes all of it unusable; so does a network around it."""
    assert choose_block(["10.200.64.0/24", "10.201.0.0/16"]).number == 202
    with pytest.raises(NoFreeBlockError):
        choose_block(["10.0.0.0/8"])


def test_the_ranges_of_a_block_do_not_overlap() -> None:
    """Nodes, pods and Services each have a range of their own, all in the block."""
    block = Block(200)
    ranges = [ipaddress.IPv4Network(text) for text in ("10.200.0.0/24", block.pods, block.services)]
    assert all(part.subnet_of(block.network) for part in ranges)
    assert not any(a.overlaps(b) for a in ranges for b in ranges if a != b)


def test_every_node_has_its_own_pods_within_the_pods_range() -> None:
    """Nine nodes, nine ranges, all in what kube-proxy takes for pods."""
    pods = [ipaddress.IPv4Network(Block(200).node_pods(ordinal)) for ordinal in range(1, 10)]
    assert len(set(pods)) == len(pods)
    assert all(part.subnet_of(ipaddress.IPv4Network(Block(200).pods)) for part in pods)


def test_the_default_route_overlaps_nothing() -> None:
    """It is a route to everything, and no network of its own."""
    assert not overlap(Block(200).network, "0.0.0.0/0")
    assert overlap(Block(200).network, "10.200.3.4/32")
