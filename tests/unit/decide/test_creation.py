"""The converge Job creates the cluster once, and only then waits for it to be whole."""

from dataclasses import replace

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.model.actions import (
    BootstrapGroup,
    EnsureAccounts,
    EnsureMetadata,
    ForgetCluster,
    LeaveGroup,
    RecordBootstrapped,
    RecordSeed,
)
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import ERROR, GROUP, ONLINE, RECOVERING, member, record, seen, settings, stopped

NEW = record(bootstrapped=False)
SINGLE = TopologyMode.SINGLE_PRIMARY
WHOLE = Progress(accounts_done=True, metadata_members=("db-0", "db-1", "db-2"))


def test_an_empty_cluster_is_bootstrapped_on_the_first_pod_after_the_intent_is_recorded() -> None:
    """A Job killed in between goes on with the same seed."""
    plan = decide_creation(seen(stopped("db-0"), stopped("db-1"), stopped("db-2"), written=NEW), Progress())
    assert plan.actions == (RecordSeed("db-0"), BootstrapGroup("db-0", SINGLE))


def test_nothing_is_created_while_a_server_is_silent() -> None:
    """The silent one could hold data."""
    plan = decide_creation(seen(stopped("db-0"), stopped("db-1"), written=NEW), Progress())
    assert plan.actions == ()
    assert "db-2" in plan.because


def test_a_recorded_seed_is_kept() -> None:
    """Nothing is written twice."""
    written = record(bootstrapped=False, seed="db-1")
    plan = decide_creation(
        seen(stopped("db-0"), stopped("db-1"), stopped("db-2"), written=written), Progress()
    )
    assert plan.actions == (BootstrapGroup("db-1", SINGLE),)


def test_after_a_killed_bootstrap_the_server_with_data_is_the_seed() -> None:
    """The seed wrote accounts before the Job died and the server restarted."""
    written = record(bootstrapped=False, seed="db-1")
    servers = (stopped("db-0"), stopped("db-1", f"{GROUP}:1-5"), stopped("db-2"))
    plan = decide_creation(seen(*servers, written=written), Progress())
    assert plan.actions == (BootstrapGroup("db-1", SINGLE),)


def test_a_server_in_state_error_leaves_first() -> None:
    """What it has not ended could reach the group that is started then."""
    written = record(bootstrapped=False, seed="db-0")
    servers = (stopped("db-0", f"{GROUP}:1-5", state=ERROR), stopped("db-1"), stopped("db-2"))
    plan = decide_creation(seen(*servers, written=written), Progress())
    assert plan.actions == (LeaveGroup("db-0"),)
    servers = (stopped("db-0", f"{GROUP}:1-5"), stopped("db-1", state=ERROR), stopped("db-2"))
    assert decide_creation(seen(*servers, written=written), Progress()).actions == (LeaveGroup("db-1"),)


def test_volumes_with_data_but_no_record_are_refused() -> None:
    """Somebody's data is never taken for nothing."""
    plan = decide_creation(
        seen(stopped("db-0", f"{GROUP}:1"), stopped("db-1"), stopped("db-2"), written=NEW), Progress()
    )
    assert plan.refusal is not None
    assert "db-0" in plan.refusal.reason
    assert "db-state" in plan.refusal.what_to_do


def test_diverged_data_is_refused_with_what_each_lacks() -> None:
    """Both sets are shown."""
    written = record(bootstrapped=False, seed="db-0")
    servers = (stopped("db-0", f"{GROUP}:1-2"), stopped("db-1", f"{GROUP}:1:3"), stopped("db-2"))
    plan = decide_creation(seen(*servers, written=written), Progress())
    assert plan.refusal is not None
    assert f"db-0 lacks {GROUP}:3" in plan.refusal.reason
    assert f"db-1 lacks {GROUP}:2" in plan.refusal.reason


def test_accounts_and_metadata_come_before_the_record_says_that_the_cluster_exists() -> None:
    """Killed in between, the next run makes them again."""
    observation = seen(member("db-0", {"db-0": ONLINE}), stopped("db-1"), stopped("db-2"), written=NEW)
    actions = decide_creation(observation, Progress()).actions
    assert actions == (EnsureAccounts("db-0"), EnsureMetadata("db-0", SINGLE), RecordBootstrapped(SINGLE))


def test_accounts_are_left_alone_while_a_member_joins() -> None:
    """An account statement and a join can wait for each other for ever."""
    states = {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}
    plan = decide_creation(seen(*(member(pod, states) for pod in states)), Progress())
    assert plan.actions == ()
    whole = decide_creation(seen(*map(member, ("db-0", "db-1", "db-2"))), Progress())
    assert whole.actions == (EnsureAccounts("db-0"),)


def test_new_members_may_join_when_their_accounts_exist() -> None:
    """Three become five."""
    wanted = settings(servers=5)
    servers = (*map(member, ("db-0", "db-1", "db-2")), stopped("db-3"), stopped("db-4"))
    before = decide_creation(seen(*servers, of=wanted), Progress())
    assert before.actions == (EnsureAccounts("db-0"),)
    after = decide_creation(seen(*servers, of=wanted), Progress(accounts_done=True))
    assert after.actions == (RecordBootstrapped(SINGLE),)


def test_the_mode_asked_for_is_the_mode_bootstrapped() -> None:
    """Multi-primary from the start."""
    wanted = settings(mode=TopologyMode.MULTI_PRIMARY)
    plan = decide_creation(seen(*map(stopped, wanted.pods), of=wanted, written=NEW), Progress())
    assert plan.actions[-1] == BootstrapGroup("db-0", TopologyMode.MULTI_PRIMARY)


def test_members_that_recover_are_waited_for_by_name() -> None:
    """Progress is visible."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    plan = decide_creation(seen(member("db-0", states), member("db-1", states), stopped("db-2")), WHOLE)
    assert not plan.done
    assert plan.because == "waiting for members: db-0 ONLINE, db-1 RECOVERING, db-2 OFFLINE"


def test_a_whole_cluster_gives_an_empty_plan_and_is_done() -> None:
    """Invariant 6."""
    plan = decide_creation(seen(*map(member, ("db-0", "db-1", "db-2"))), WHOLE)
    assert plan.done
    assert plan.actions == ()


def test_routers_are_waited_for() -> None:
    """Done means that every router routes."""
    progress = replace(WHOLE, routers_waited_for=("db-router-x (no destination)",))
    plan = decide_creation(seen(*map(member, ("db-0", "db-1", "db-2"))), progress)
    assert not plan.done
    assert "db-router-x" in plan.because


def test_pods_of_a_rolling_update_are_waited_for() -> None:
    """Between two pods every member may be ONLINE."""
    progress = replace(WHOLE, rollouts_waited_for=("StatefulSet db 1 updated and 3 ready of 3",))
    plan = decide_creation(seen(*map(member, ("db-0", "db-1", "db-2"))), progress)
    assert not plan.done
    assert "StatefulSet db" in plan.because


def test_a_member_that_only_the_others_see_is_waited_for() -> None:
    """Its certificate may still be that of the CA before."""
    states = dict.fromkeys(("db-0", "db-1", "db-2"), ONLINE)
    plan = decide_creation(seen(member("db-0", states), member("db-1", states)), WHOLE)
    assert not plan.done
    assert plan.because == "every member is ONLINE, and no answer comes from db-2"


def test_a_stopped_cluster_is_left_to_its_agents() -> None:
    """Creation happens once."""
    servers = (stopped("db-0", f"{GROUP}:1-3"), stopped("db-1"), stopped("db-2"))
    plan = decide_creation(seen(*servers), Progress())
    assert plan.actions == ()
    assert "agents" in plan.because


def test_a_recorded_cluster_whose_volumes_are_all_empty_is_created_anew() -> None:
    """Installed again after the claims were deleted: the install is the explicit act, and makes another group."""
    observation = seen(*map(stopped, ("db-0", "db-1", "db-2")))
    assert decide_creation(observation, Progress()).actions == (ForgetCluster(GROUP),)


def test_a_foreign_group_is_refused() -> None:
    """Its name and the record's are shown."""
    servers = (member("db-0", group_name="other"), stopped("db-1"), stopped("db-2"))
    plan = decide_creation(seen(*servers), Progress())
    assert plan.refusal is not None
    assert "other" in plan.refusal.reason


def test_split_brain_that_lasts_is_refused() -> None:
    """Nothing is decided by a machine there; what is seen for a moment is waited out."""
    servers = (
        member("db-0", {"db-0": ONLINE}, view_id="17:1"),
        member("db-1", {"db-1": ONLINE}, view_id="18:1"),
        stopped("db-2"),
    )
    early = decide_creation(seen(*servers), Progress(split_seconds=29))
    assert (early.refusal, early.actions) == (None, ())
    assert decide_creation(seen(*servers), Progress(split_seconds=30)).refusal is not None
