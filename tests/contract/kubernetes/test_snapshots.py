"""What snapshots and restores rely on in the API: names that stay taken, and deletions of this very object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from innodb_cluster.effects.kubernetes.client import ConflictError, NotFoundError
from innodb_cluster.model.snapshots import MadeBy, SnapshotOrigin, SnapshotRequest
from tests.contract.kubernetes.worlds import World, until
from tests.unit import builders

if TYPE_CHECKING:
    from innodb_cluster.model.settings import Settings

ORIGIN = SnapshotOrigin("g:1-5,\nh:1", "9.7.4", "ns/db", "id", "group", "single-primary db-0", "db-1", "csi")


def settings(world: World) -> Settings:
    """Settings of a cluster of its own in this world's namespace."""
    names = replace(world.names, cluster=f"db{uuid4().hex[:6]}")
    return replace(builders.settings(), names=names)


def test_a_snapshot_keeps_what_is_written_on_it(world: World) -> None:
    """Found by its claim, whoever made it; its name is taken once; it is deleted by its uid."""
    api, wanted = world.api(), settings(world)
    names = wanted.names
    request = SnapshotRequest(
        f"{names.cluster}-a", names.claim(names.pod(1)), "", MadeBy.SCHEDULE, ORIGIN, "run-1"
    )
    made = api.create_snapshot(names, request)
    assert (made.made_by, made.run, made.claim, made.is_ready) == (
        MadeBy.SCHEDULE,
        "run-1",
        request.claim,
        False,
    )
    assert made.origin == ORIGIN
    with pytest.raises(ConflictError):
        api.create_snapshot(names, request)
    api.create_snapshot(names, replace(request, name=f"{names.cluster}-b", claim="data-other-0"))
    # The list comes from the API server's watch cache, which may be a moment behind.
    assert until(lambda: [view.name for view in api.list_snapshots(names)] == [request.name])
    with pytest.raises(ConflictError):
        api.delete_snapshot(request.name, "another")
    api.delete_snapshot(request.name, made.uid)
    assert until(lambda: api.read_snapshot(request.name) is None)
    with pytest.raises(NotFoundError):
        api.delete_snapshot(request.name, made.uid)


def test_a_held_claim_keeps_its_name_until_it_is_let_go(world: World) -> None:
    """So that nobody makes an empty one of that name first."""
    api, wanted = world.api(), settings(world)
    claim = wanted.names.claim(wanted.names.pod(0))
    assert api.read_claim(claim) is None
    api.create_claim(wanted, claim, "first")
    made = api.read_claim(claim)
    assert made is not None
    assert (made.snapshot, made.size, made.is_held, made.is_deleting) == ("first", "10Gi", False, False)
    with pytest.raises(ConflictError):
        api.drop_claim(claim, "another", hold=False)
    api.drop_claim(claim, made.uid, hold=True)
    going = api.read_claim(claim)
    assert going is not None
    assert (going.is_held, going.is_deleting) == (True, True)
    with pytest.raises(ConflictError):
        api.create_claim(wanted, claim, "second")
    api.release_claim(claim)
    assert until(lambda: api.read_claim(claim) is None)
    api.release_claim(claim)
    api.create_claim(wanted, claim, "second")
    again = api.read_claim(claim)
    assert again is not None
    assert (again.snapshot, again.uid != made.uid) == ("second", True)
