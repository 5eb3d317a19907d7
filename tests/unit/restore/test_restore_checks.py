"""What keeps a snapshot from being restored."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.restore_checks import restore_problems
from innodb_cluster.model.record import Record
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshot_settings import RestoreSettings
from innodb_cluster.model.snapshots import ClaimView, SnapshotOrigin, SnapshotView
from tests.unit.builders import record, settings
from tests.unit.snapshots.builders import snapshot

OWN = SnapshotOrigin(server_version="9.7.4", cluster="ns/db", cluster_id=record().cluster_id, driver="a.csi")
GOOD = snapshot("good", origin=OWN)
OTHER = replace(OWN, cluster="shop/mysql", cluster_id="another")
ASKED = replace(settings(), restore=RestoreSettings("good"), server_version="9.7.4")
CLAIM = ClaimView("data-db-0", "uid", driver="a.csi")


def problems(
    found: SnapshotView | None,
    wanted: Settings = ASKED,
    written: Record | None = record(),  # noqa: B008 - frozen
) -> str:
    """Say what is wrong, in one text."""
    return "; ".join(restore_problems(wanted, written, found, CLAIM))


def test_a_good_snapshot_of_this_cluster_has_no_problem() -> None:
    """As our own hooks make it, and as kubectl makes it of a claim of ours."""
    assert problems(GOOD) == ""
    assert problems(snapshot("good", claim="data-db-2")) == ""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, "no such VolumeSnapshot in namespace ns"),
        (replace(GOOD, is_deleting=True), "is being deleted"),
        (replace(GOOD, is_ready=False), "not ready to use"),
        (replace(GOOD, is_ready=False, error="disk full"), "not ready to use: disk full"),
        (
            replace(GOOD, origin=OTHER),
            "is of shop/mysql, not of this cluster: restore.allowOtherCluster=true",
        ),
        (snapshot("good", claim="data-shop-0"), "is of claim data-shop-0, not of this cluster"),
        (snapshot("good", claim=""), "is of an unknown volume"),
        (
            replace(GOOD, origin=replace(OWN, server_version="9.8.0")),
            "taken of MySQL 9.8.0, and the servers run 9.7.4",
        ),
        (replace(GOOD, size="11Gi"), "needs a volume of 11Gi"),
        (replace(GOOD, origin=replace(OWN, driver="b.csi")), "is of driver b.csi"),
    ],
)
def test_what_cannot_be_restored_is_named(found: SnapshotView | None, expected: str) -> None:
    """Each problem says what is wrong and where."""
    assert expected in problems(found)


def test_another_clusters_data_can_be_allowed() -> None:
    """By a value that says so."""
    allowed = replace(ASKED, restore=RestoreSettings("good", allow_other_cluster=True))
    assert problems(replace(GOOD, origin=OTHER), allowed) == ""


def test_a_new_release_may_begin_with_any_snapshot() -> None:
    """It has no data that could be replaced by mistake."""
    assert problems(replace(GOOD, origin=OTHER), written=None) == ""


def test_older_data_is_restored_by_a_newer_server() -> None:
    """mysqld upgrades it."""
    assert problems(replace(GOOD, origin=replace(OWN, server_version="8.4.9-0ubuntu1"))) == ""
    assert problems(GOOD, replace(ASKED, server_version="latest")) == ""
