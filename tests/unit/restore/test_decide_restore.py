"""A restore in place: what happens in which order, what is refused, and that it happens once."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import Action, BootstrapGroup
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.pods import PodView
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import (
    BeginReplacement,
    BeginRestore,
    BeginStart,
    DropClaim,
    DropSafety,
    FinishRestore,
    ForgetReplication,
    RemakeClaim,
    RestorePhase,
    RestoreView,
    StopPod,
    TakeSafety,
    WakeController,
)
from innodb_cluster.model.settings import Settings, TopologyMode
from innodb_cluster.model.snapshot_settings import RestoreSettings
from innodb_cluster.model.snapshots import ClaimView, MadeBy, SnapshotView
from tests.unit.builders import GROUP, ONLINE, member, record, seen, settings, stopped
from tests.unit.snapshots.builders import snapshot

GOOD = snapshot("good", made_by=MadeBy.HAND)
PODS = ("db-0", "db-1", "db-2")


def asking(name: str = "good", generation: int = 0, *, safety: bool = True) -> Settings:
    """Settings that ask for a restore."""
    return replace(settings(), restore=RestoreSettings(name, generation, safety))


def written(phase: RestorePhase = RestorePhase.NONE, *, applied: str = "", **fields: str) -> Record:
    """Build a record with a restore of ``good`` under way."""
    under_way = {"restore_key": "good#0", "restore_safety": "db-safe"} if phase else {}
    if phase in {RestorePhase.REPLACE, RestorePhase.START}:
        under_way |= {"bootstrapped": "", "seed": "db-0", "restore_claims": "old-0,old-1,old-2"}
    return replace(record(), restore_phase=phase, restore_applied=applied, **(under_way | fields))


def claim(
    ordinal: int, uid: str = "", *, of: str = "", deleting: bool = False, held: bool = False
) -> ClaimView:
    """Build a claim; one with an old uid is one that the restore gives up."""
    name = f"data-db-{ordinal}"
    return ClaimView(
        name, uid or f"old-{ordinal}", of, "10Gi", is_bound=True, is_deleting=deleting, is_held=held
    )


def pod(ordinal: int, *, deleting: bool = False) -> PodView:
    """Build a server's pod."""
    name = f"db-{ordinal}"
    return PodView(
        name, ordinal, "", "", "Running", ready=True, containers=(), deleting=deleting, uid=f"uid-{name}"
    )


def view(
    *,
    of: SnapshotView | None = GOOD,
    safety: SnapshotView | None = None,
    claims: tuple[ClaimView, ...] = (claim(0), claim(1), claim(2)),
    pods: tuple[PodView, ...] = (pod(0), pod(1), pod(2)),
) -> RestoreView:
    """Build what is seen at the beginning, but for what the test names."""
    return RestoreView(of, safety, claims, pods)


def plan(
    written_so_far: Record, looked: RestoreView, wanted: Settings | None = None, *servers: object
) -> Plan:
    """Decide; by default on a whole cluster."""
    wanted = wanted or asking()
    answered = servers or tuple(member(name, gtids=f"{GROUP}:1-9") for name in PODS)
    observation = seen(*answered, of=wanted, written=written_so_far)  # type: ignore[arg-type]
    return decide_creation(observation, Progress(accounts_done=True, metadata_members=PODS, restore=looked))


def actions(*arguments: object) -> tuple[Action, ...]:
    """Give a plan's actions."""
    return plan(*arguments).actions  # type: ignore[arg-type]


def test_a_restore_that_was_done_is_not_done_again() -> None:
    """The same values once more."""
    assert plan(written(applied="good#0"), view()).done


def test_another_generation_restores_again() -> None:
    """The same snapshot, asked for anew."""
    assert actions(written(applied="good#0"), view(), asking(generation=1)) == (BeginRestore("good#1"),)


def test_values_without_a_restore_are_taken_over() -> None:
    """Naming the same snapshot later is a change again."""
    assert actions(written(applied="good#0"), view(), asking("")) == (FinishRestore(""),)


def test_the_safety_snapshot_comes_first_and_everything_runs_meanwhile() -> None:
    """Asked for of the secondary that is least behind, and waited for until it is ready."""
    assert actions(written(), view()) == (BeginRestore("good#0"),)
    (action,) = actions(written(RestorePhase.SAFETY), view())
    assert isinstance(action, TakeSafety)
    assert (action.request.name, action.request.claim) == ("db-safe", "data-db-1")
    assert action.request.made_by is MadeBy.SAFETY
    waiting = plan(written(RestorePhase.SAFETY), view(safety=snapshot("db-safe", ready=False, error="slow")))
    assert waiting.actions == ()
    assert waiting.because == "waiting for safety snapshot db-safe to be ready: slow"
    done = (BeginReplacement("good#0", ("old-0", "old-1", "old-2")),)
    assert actions(written(RestorePhase.SAFETY), view(safety=snapshot("db-safe"))) == done


def test_a_safety_snapshot_that_an_earlier_run_asked_for_in_vain_is_asked_for_anew() -> None:
    """What kept it, such as a wrong class, may be mended since; one whose point in time is fixed is waited for."""
    in_vain = view(safety=snapshot("db-safe", ready=False, error="no class"))
    assert in_vain.safety
    assert actions(written(RestorePhase.SAFETY), replace(in_vain, inherited_safety="db-safe")) == (
        DropSafety("db-safe", in_vain.safety.uid),
        BeginRestore("good#0"),
    )
    assert actions(written(RestorePhase.SAFETY), replace(in_vain, inherited_safety="db-older")) == ()
    slow = view(safety=snapshot("db-safe", ready=False, cut=True))
    assert actions(written(RestorePhase.SAFETY), replace(slow, inherited_safety="db-safe")) == ()


@pytest.mark.parametrize("phase", [RestorePhase.NONE, RestorePhase.SAFETY])
def test_no_server_stops_while_a_snapshot_of_a_volume_is_under_way(phase: RestorePhase) -> None:
    """Kubernetes keeps the claim until then: one that never gets ready would keep everything stopped."""
    copied = (claim(0), replace(claim(1), is_copied=True), claim(2))
    waiting = plan(
        written(phase), view(safety=snapshot("db-safe"), claims=copied), asking(safety=bool(phase))
    )
    assert waiting.actions == ()
    assert "VolumeSnapshots of data-db-1 that are under way" in waiting.because


def test_without_a_safety_snapshot_the_replacement_begins_at_once() -> None:
    """Also when nothing answers any more: that is when one restores."""
    wanted = asking(safety=False)
    done = (BeginReplacement("good#0", ("old-0", "old-1", "old-2")),)
    assert actions(written(), view(), wanted) == done
    assert actions(written(), view(), wanted, stopped("db-1", f"{GROUP}:1-4")) == done


def test_a_safety_snapshot_needs_a_majority() -> None:
    """Nothing was stopped, and it is said how to go on without."""
    refused = plan(written(RestorePhase.SAFETY), view(), None, stopped("db-0"))
    assert refused.refusal
    assert "restore.safetySnapshot=false" in refused.refusal.what_to_do


@pytest.mark.parametrize("phase", [RestorePhase.NONE, RestorePhase.SAFETY])
def test_a_snapshot_that_cannot_be_restored_is_refused_before_anything_stops(phase: RestorePhase) -> None:
    """Also when it changed since the prepare Job looked."""
    refused = plan(written(phase), view(of=replace(GOOD, is_ready=False)))
    assert refused.refusal
    assert refused.actions == ()
    assert "nothing was stopped" in refused.refusal.what_to_do


def test_a_restore_that_has_stopped_nothing_can_be_given_up() -> None:
    """By values without it."""
    assert actions(written(RestorePhase.SAFETY, applied="x#0"), view(), asking("")) == (FinishRestore("x#0"),)


def test_a_restore_that_has_stopped_something_cannot() -> None:
    """The old volumes are going; the values must say what comes instead."""
    for phase in (RestorePhase.REPLACE, RestorePhase.START):
        refused = plan(written(phase), view(), asking("")).refusal
        assert refused
        assert "restore.snapshotName=good" in refused.what_to_do


def test_every_old_volume_goes_with_its_pod() -> None:
    """The first one's name stays taken until its successor is made."""
    assert actions(written(RestorePhase.REPLACE), view()) == (
        DropClaim("data-db-0", "old-0", hold=True),
        StopPod("db-0", "uid-db-0"),
        DropClaim("data-db-1", "old-1", hold=False),
        StopPod("db-1", "uid-db-1"),
        DropClaim("data-db-2", "old-2", hold=False),
        StopPod("db-2", "uid-db-2"),
    )


def test_what_is_going_is_waited_for() -> None:
    """No second deletion, and no new volume beside an old server."""
    going = view(
        claims=(claim(0, deleting=True, held=True), claim(1, deleting=True)),
        pods=(pod(0, deleting=True), pod(1, deleting=True)),
    )
    assert actions(written(RestorePhase.REPLACE), going) == ()


def test_the_first_claim_is_made_when_its_pod_is_gone() -> None:
    """Held until then, or, after a kill in between, simply not there."""
    held = view(claims=(claim(0, deleting=True, held=True), claim(1, "new-1")), pods=(pod(1),))
    assert actions(written(RestorePhase.REPLACE), held) == (RemakeClaim("data-db-0", "good", is_held=True),)
    gone = view(claims=(claim(1, "new-1"),), pods=(pod(1),))
    assert actions(written(RestorePhase.REPLACE), gone) == (RemakeClaim("data-db-0", "good", is_held=False),)


def test_an_empty_claim_that_the_statefulset_made_is_replaced() -> None:
    """It was faster; its server is new and empty, so nothing is lost."""
    lost_race = view(claims=(claim(0, "new-0"), claim(1, "new-1"), claim(2, "new-2")))
    assert actions(written(RestorePhase.REPLACE), lost_race) == (
        DropClaim("data-db-0", "new-0", hold=True),
        StopPod("db-0", "uid-db-0"),
    )


def test_the_group_is_made_only_when_no_old_volume_is_left() -> None:
    """Old and new data are never up side by side."""
    first = claim(0, "new-0", of="good")
    old_left = view(claims=(first, claim(1, "new-1"), claim(2, deleting=True)), pods=(pod(2, deleting=True),))
    assert actions(written(RestorePhase.REPLACE), old_left) == ()
    replaced = view(claims=(first, claim(1, "new-1")))
    assert actions(written(RestorePhase.REPLACE), replaced) == (BeginStart(),)


def test_a_snapshot_deleted_meanwhile_is_said_with_what_can_be_restored_instead() -> None:
    """The safety snapshot is what there is."""
    refused = plan(
        written(RestorePhase.REPLACE), view(of=None, safety=snapshot("db-safe"), claims=())
    ).refusal
    assert refused
    assert refused.what_to_do == "restore what there was before: restore.snapshotName=db-safe"


def test_another_snapshot_can_take_over_in_the_middle() -> None:
    """Everything that is there by then is replaced, also volumes that were made from the first one."""
    claims = (claim(0, "new-0", of="good"), claim(1, "new-1"))
    for phase in (RestorePhase.REPLACE, RestorePhase.START):
        found = actions(written(phase), view(of=snapshot("other"), claims=claims), asking("other"))
        assert found == (BeginReplacement("other#0", ("new-0", "new-1")),)


def test_the_restored_server_starts_the_group_without_waiting_for_the_empty_ones() -> None:
    """They hold nothing, whether they answer or not."""
    started = written(RestorePhase.START, group_name="new-group")
    looked = view(claims=(claim(0, "new-0", of="good"),))
    single = TopologyMode.SINGLE_PRIMARY
    expected = (ForgetReplication("db-0"), BootstrapGroup("db-0", single))
    assert actions(started, looked, asking(), stopped("db-0", f"{GROUP}:1-4")) == expected
    assert actions(started, looked, asking(), stopped("db-1")) == ()


def test_a_controller_that_backed_off_is_woken() -> None:
    """It failed to make pods while claims were going, and waits longer each time."""
    started = written(RestorePhase.START, group_name="new-group")
    looked = view(claims=(claim(0, "new-0", of="good"),), pods=())
    assert actions(started, looked, asking(), stopped("db-1")) == (WakeController(),)


def test_it_is_finished_when_the_group_exists() -> None:
    """Only then the record says that it was done."""
    started = written(RestorePhase.START, bootstrapped="2026-01-01T00:00:00Z")
    assert actions(started, view(claims=())) == (FinishRestore("good#0"),)


@pytest.mark.parametrize("phase", [RestorePhase.REPLACE, RestorePhase.START])
def test_agents_start_no_group_and_join_none_while_volumes_are_replaced(phase: RestorePhase) -> None:
    """Neither a complete outage nor a group that is still there moves them."""
    two = {"db-0": ONLINE, "db-1": ONLINE}
    worlds: tuple[Observation, ...] = (
        seen(*(stopped(name, f"{GROUP}:1-9") for name in PODS), written=written(phase)),
        seen(member("db-0", two), member("db-1", two), stopped("db-2"), written=written(phase)),
    )
    for world in worlds:
        for name in PODS:
            assert decide_repair(world, name).actions == ()


def test_a_cluster_that_never_was_begins_with_the_snapshot() -> None:
    """An installation that failed before it had created anything."""
    never = replace(written(), bootstrapped="", server_instances="")
    empty = tuple(stopped(name) for name in PODS)
    assert actions(never, view(), asking(), *empty) == (
        BeginReplacement("good#0", ("old-0", "old-1", "old-2")),
    )
    held = plan(never, view(), asking(), stopped("db-0", f"{GROUP}:1-4"))
    assert held.refusal
    assert held.actions == ()
