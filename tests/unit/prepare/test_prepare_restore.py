"""What the prepare hook does for a restore: refuse early, begin a new cluster with a snapshot, leave data alone in a rollback."""

from dataclasses import replace

from innodb_cluster.decide.preparation import (
    MakeRecord,
    MakeRestoredClaim,
    PreparationView,
    Step,
    TakeRestoreAsDone,
    decide_preparation,
)
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.snapshot_settings import RestoreSettings
from innodb_cluster.model.snapshots import ClaimView, SnapshotOrigin
from tests.unit.builders import record
from tests.unit.prepare.builders import NOW, new_release, prepared, settings
from tests.unit.snapshots.builders import snapshot

ASKED = replace(settings(), restore=RestoreSettings("good"))
GOOD = snapshot("good")
BEGUN = replace(
    record(bootstrapped=False, seed="db-0", servers=""),
    restore_key="good#0",
    restore_phase=RestorePhase.REPLACE,
    restore_identity="one",
)


def steps(view: PreparationView) -> tuple[Step, ...]:
    """Give the steps that concern restores and revisions."""
    plan = decide_preparation(view, NOW)
    assert plan.problems == ()
    return tuple(
        step for step in plan.steps if isinstance(step, MakeRecord | MakeRestoredClaim | TakeRestoreAsDone)
    )


def problems(view: PreparationView) -> str:
    """Give what is wrong."""
    return "; ".join(decide_preparation(view, NOW).problems)


def test_a_new_cluster_begins_with_the_snapshot() -> None:
    """First the record, which holds the agents back; then the claim, before the StatefulSet makes an empty one."""
    view = replace(new_release(ASKED), snapshot=GOOD)
    assert steps(view) == (MakeRecord("good#0"),)
    assert steps(replace(view, record=BEGUN)) == (MakeRestoredClaim("good"),)
    made = ClaimView("data-db-0", "uid", "good")
    assert steps(replace(view, record=BEGUN, first_claim=made)) == ()


def test_a_new_cluster_may_begin_with_the_data_of_another() -> None:
    """Also in the second round, when its own record is there."""
    theirs = SnapshotOrigin(cluster="shop/mysql", cluster_id="another")
    view = replace(new_release(ASKED), snapshot=replace(GOOD, claim="data-mysql-1", origin=theirs))
    assert steps(view) == (MakeRecord("good#0"),)
    assert steps(replace(view, record=BEGUN)) == (MakeRestoredClaim("good"),)


def test_a_claim_of_an_earlier_release_is_not_given_up_for_it() -> None:
    """Nobody said that its data may go."""
    view = replace(new_release(ASKED), snapshot=GOOD, first_claim=ClaimView("data-db-0", "uid"))
    assert "claim data-db-0 is there already" in problems(view)


def test_an_upgrade_that_cannot_restore_is_refused_before_anything_changes() -> None:
    """Missing, not ready; but not when it was done before."""
    upgrade = prepared(ASKED)
    assert "there is no such VolumeSnapshot" in problems(upgrade)
    assert "not ready" in problems(replace(upgrade, snapshot=replace(GOOD, is_ready=False)))
    assert problems(replace(upgrade, snapshot=GOOD)) == ""
    done = replace(record(), restore_applied="good#0")
    assert problems(replace(upgrade, record=done)) == ""


def test_a_restore_that_needs_the_snapshot_no_more_goes_on_without_it() -> None:
    """The volume is made; only the group is missing."""
    started = replace(BEGUN, restore_phase=RestorePhase.START)
    assert problems(replace(prepared(ASKED), record=started)) == ""


def test_a_rollback_takes_its_restore_as_done() -> None:
    """It is about values, never about data; also when the snapshot is long gone."""
    upgraded = replace(record(), restore_applied="other#0")
    view = replace(prepared(ASKED), record=upgraded, is_rollback=True)
    assert steps(view) == (TakeRestoreAsDone("good#0"),)
    assert steps(replace(view, record=replace(upgraded, restore_applied="good#0"))) == ()
    assert steps(replace(view, settings=settings())) == (TakeRestoreAsDone(""),)


def test_a_rollback_does_not_end_a_restore_that_is_under_way() -> None:
    """The converge Job says what can be done then."""
    view = replace(prepared(settings()), record=BEGUN, is_rollback=True)
    assert steps(view) == ()


def test_an_upgrade_leaves_the_restore_to_the_converge_job() -> None:
    """Also where the release is installed anew on what an earlier one left."""
    view = replace(prepared(ASKED), record=replace(record(), restore_applied="other#0"), snapshot=GOOD)
    assert steps(view) == ()
    assert steps(replace(view, previous_settings=None)) == ()
