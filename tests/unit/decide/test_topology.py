"""Changes of topology mode and primary on a running group."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.repair import decide_repair
from innodb_cluster.model.actions import (
    EnsureMetadata,
    RecordBootstrapped,
    RecordPrimary,
    RecordSeed,
    SetAutoIncrement,
    SwitchMode,
    SwitchPrimary,
)
from innodb_cluster.model.gtid import parse_gtid_set
from innodb_cluster.model.observation import MemberRole, Observation, ServerView
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import Settings, TopologyMode
from innodb_cluster.model.state import GroupState
from innodb_cluster.model.topology import TableFault, UnfitTable, auto_increment
from tests.unit.builders import (
    GROUP,
    ONLINE,
    RECOVERING,
    UNREACHABLE,
    member,
    record,
    seen,
    settings,
    stopped,
)

SINGLE, MULTI = TopologyMode.SINGLE_PRIMARY, TopologyMode.MULTI_PRIMARY
PODS = ("db-0", "db-1", "db-2")
LONG_AGO = 1000.0


def whole(mode: TopologyMode = SINGLE, **facts: object) -> Progress:
    """Give the progress of a run to which only the topology is left to do."""
    return replace(
        Progress(accounts_done=True, metadata_members=PODS, metadata_mode=mode, unfit_tables=()),
        **facts,  # type: ignore[arg-type] - named by each test
    )


def running(
    mode: TopologyMode, *, primary: str = "db-0", lag: dict[str, int] | None = None
) -> list[ServerView]:
    """Give three ONLINE members of a group in this mode, some with transactions that they have yet to apply."""
    servers = []
    for ordinal, pod in enumerate(PODS):
        waiting = (lag or {}).get(pod, 0)
        received = f"{GROUP}:1-{10 + waiting}"
        server = member(pod, primary=primary, mode=mode, gtids=f"{GROUP}:1-10", received=received)
        view = server.view
        if mode is MULTI:
            view = tuple(replace(other, role=MemberRole.PRIMARY) for other in view)
        increment = auto_increment(mode, 1000 + ordinal)
        servers.append(replace(server, view=view, auto_increment=increment))
    return servers


def asking(mode: TopologyMode = SINGLE, primary: str = "", **more: object) -> Settings:
    """Give settings that ask for this topology."""
    return replace(settings(mode=mode), topology_primary=primary, **more)  # type: ignore[arg-type] - named by each test


def applied(mode: TopologyMode = SINGLE, primary: str = "") -> Observation:
    """Give an observation whose record has this mode and primary; settings ask for nothing else."""
    written = replace(record(mode=mode.value), topology_primary=primary)
    return seen(*running(mode), of=asking(mode, primary), written=written)


def decide(observation: Observation, progress: Progress | None = None, *, asks: Settings) -> Plan:
    """Decide with other settings than those applied."""
    return decide_creation(replace(observation, settings=asks), progress or whole())


def test_auto_increment_is_set_on_every_member_before_the_group_becomes_multi_primary() -> None:
    """Two primaries never give the same number."""
    plan = decide(applied(), asks=asking(MULTI))
    assert plan.actions == (
        *(SetAutoIncrement(pod, MULTI) for pod in PODS),
        SwitchMode("db-0", MULTI),
    )
    assert "multi-primary" in plan.because


def test_what_is_set_already_is_not_set_again() -> None:
    """The Job was killed before the switch."""
    servers = [
        replace(s, auto_increment=auto_increment(MULTI, 1000 + n)) for n, s in enumerate(running(SINGLE))
    ]
    plan = decide_creation(seen(*servers, of=asking(MULTI)), whole())
    assert plan.actions == (SwitchMode("db-0", MULTI),)


def test_a_switch_that_got_half_way_is_asked_for_again_through_a_member_that_lacks_it() -> None:
    """The Job was killed while it ran; the servers refuse as long as it still does."""
    half = [running(MULTI)[0], *running(SINGLE)[1:]]
    plan = decide_creation(seen(*half, of=asking(MULTI), written=record(mode=MULTI.value)), whole(MULTI))
    assert plan.actions[-1] == SwitchMode("db-1", MULTI)


def test_after_a_switch_metadata_and_record_follow() -> None:
    """In this order, so that a Job killed in between does both again."""
    observation = seen(*running(MULTI), of=asking(MULTI), written=record(mode=SINGLE.value))
    assert decide_creation(observation, whole(SINGLE)).actions == (EnsureMetadata("db-0", MULTI),)
    assert decide_creation(observation, whole(MULTI)).actions == (RecordBootstrapped(MULTI),)
    written = replace(observation, record=record(mode=MULTI.value))
    assert decide_creation(written, whole(MULTI)).done


def test_auto_increment_goes_back_only_after_the_group_is_single_primary() -> None:
    """Until then there are several primaries."""
    plan = decide(applied(MULTI), whole(MULTI), asks=asking(SINGLE))
    assert plan.actions == (SwitchMode("db-0", SINGLE, "db-0", "uuid-db-0"),)
    servers = [
        replace(s, auto_increment=auto_increment(MULTI, 1000 + n)) for n, s in enumerate(running(SINGLE))
    ]
    after = decide_creation(seen(*servers, of=asking(SINGLE)), whole())
    assert after.actions == tuple(SetAutoIncrement(pod, SINGLE) for pod in PODS)


def test_a_users_own_auto_increment_stays_in_single_primary_mode() -> None:
    """Only what a switch left is taken back."""
    servers = [replace(server, auto_increment=(10, 3)) for server in running(SINGLE)]
    assert decide_creation(seen(*servers), whole()).done


def test_the_member_asked_for_goes_on_taking_writes() -> None:
    """One switch instead of two."""
    plan = decide(applied(MULTI), whole(MULTI), asks=asking(SINGLE, "db-2"))
    assert plan.actions == (SwitchMode("db-0", SINGLE, "db-2", "uuid-db-2"),)


def test_the_first_member_that_has_caught_up_goes_on_taking_writes() -> None:
    """Clients wait for what it has yet to apply."""
    servers = running(MULTI, lag={"db-0": 5000, "db-1": 20})
    plan = decide_creation(seen(*servers, of=asking(SINGLE), written=record(mode=MULTI.value)), whole(MULTI))
    assert plan.actions == (SwitchMode("db-0", SINGLE, "db-1", "uuid-db-1"),)


def test_a_newer_version_is_not_made_the_only_primary() -> None:
    """The servers refuse it."""
    servers = [
        replace(s, version=v) for s, v in zip(running(MULTI), ("9.7.10", "9.7.4", "9.7.4"), strict=True)
    ]
    plan = decide_creation(seen(*servers, of=asking(SINGLE), written=record(mode=MULTI.value)), whole(MULTI))
    assert plan.actions == (SwitchMode("db-0", SINGLE, "db-1", "uuid-db-1"),)


def test_the_mode_changes_only_when_every_member_answers() -> None:
    """One that does not could not be given its values."""
    servers = running(SINGLE)[:2]
    plan = decide_creation(seen(*servers, of=asking(MULTI)), whole())
    assert plan.actions == ()
    assert "db-2" in plan.because


def test_without_a_mode_in_the_values_an_upgrade_leaves_the_mode_alone() -> None:
    """A person switched by SQL, and nobody asks for anything else."""
    observation = applied(MULTI)
    silent = asking(SINGLE, topology_mode_is_asked=False)
    assert decide(observation, whole(MULTI), asks=silent).done


def test_a_mode_in_the_values_decides_at_the_next_upgrade() -> None:
    """Also when it is the one of the upgrade before: the group was switched by SQL meanwhile."""
    observation = applied(MULTI)
    assert decide(observation, whole(MULTI), asks=asking(SINGLE)).actions


def test_agents_do_not_fight_a_switch_by_sql_and_set_their_own_auto_increment() -> None:
    """The values still ask for single-primary."""
    servers = running(MULTI)
    observation = seen(*servers, of=asking(SINGLE))
    assert decide_repair(observation, "db-1").actions == ()
    by_hand = [replace(server, auto_increment=(1, 2)) for server in servers]
    plan = decide_repair(seen(*by_hand, of=asking(SINGLE)), "db-1")
    assert plan.actions == (SetAutoIncrement("db-1", MULTI),)


def test_tables_that_multi_primary_mode_cannot_serve_are_refused_by_name() -> None:
    """All of them, before anything is changed."""
    unfit = (
        UnfitTable("shop.log", TableFault.NO_KEY),
        UnfitTable("shop.cache", TableFault.ENGINE),
        UnfitTable("shop.lines", TableFault.CASCADE),
    )
    plan = decide(applied(), whole(unfit_tables=unfit), asks=asking(MULTI))
    assert plan.refusal is not None
    assert "shop.log has no primary key" in plan.refusal.reason
    assert "shop.cache is not InnoDB" in plan.refusal.reason
    assert "shop.lines has a foreign key that cascades" in plan.refusal.reason
    assert "topology.allowForeignKeyCascades" in plan.refusal.what_to_do


def test_a_long_list_of_tables_is_cut() -> None:
    """A message of Kubernetes has 4 KiB."""
    unfit = tuple(UnfitTable(f"shop.t{number}", TableFault.NO_KEY) for number in range(500))
    plan = decide(applied(), whole(unfit_tables=unfit), asks=asking(MULTI))
    assert plan.refusal is not None
    assert "480 more" in plan.refusal.reason


def test_cascades_pass_when_the_values_allow_them_and_nothing_else_does() -> None:
    """Their writes are then refused by the servers, which the value's description says."""
    allowing = asking(MULTI, allow_foreign_key_cascades=True)
    cascade = UnfitTable("shop.lines", TableFault.CASCADE)
    assert decide(applied(), whole(unfit_tables=(cascade,)), asks=allowing).actions
    both = whole(unfit_tables=(cascade, UnfitTable("shop.log", TableFault.NO_KEY)))
    refusal = decide(applied(), both, asks=allowing).refusal
    assert refusal is not None
    assert "shop.lines" not in refusal.reason


def test_nothing_is_switched_before_the_tables_were_looked_at() -> None:
    """The look may have failed."""
    plan = decide(applied(), whole(unfit_tables=None), asks=asking(MULTI))
    assert (plan.actions, plan.refusal, plan.done) == ((), None, False)


def test_a_primary_beside_multi_primary_mode_is_refused() -> None:
    """Rather than silently ignored."""
    plan = decide(applied(MULTI), whole(MULTI), asks=asking(MULTI, "db-1"))
    assert plan.refusal is not None
    assert "topology.primary is db-1" in plan.refusal.reason


def test_a_primary_that_is_not_configured_is_refused() -> None:
    """The prepare Job finds it first, unless it was left out."""
    plan = decide(applied(), asks=asking(primary="db-7"))
    assert plan.refusal is not None
    assert "db-7" in plan.refusal.reason


def test_a_new_value_of_primary_switches_over_and_is_recorded_afterwards() -> None:
    """A Job killed in between finds it done."""
    plan = decide(applied(), asks=asking(primary="db-2"))
    assert plan.actions == (SwitchPrimary("db-0", "db-2", "uuid-db-2"),)
    switched = seen(*running(SINGLE, primary="db-2"), of=asking(primary="db-2"))
    assert decide_creation(switched, whole()).actions == (RecordPrimary("db-2"),)


def test_an_upgrade_about_something_else_leaves_the_primary_where_a_failover_put_it() -> None:
    """The value was applied once."""
    observation = replace(applied(primary="db-2"), servers=tuple(running(SINGLE, primary="db-1")))
    assert decide_creation(observation, whole()).done


def test_an_emptied_primary_moves_nothing_and_is_recorded() -> None:
    """So that the same name later is a new value."""
    plan = decide(applied(primary="db-2"), asks=asking())
    assert plan.actions == (RecordPrimary(""),)


def test_a_primary_that_is_behind_is_waited_for() -> None:
    """Clients would wait for what it has yet to apply."""
    observation = seen(*running(SINGLE, lag={"db-2": 4711}), of=asking(primary="db-2"))
    plan = decide_creation(observation, whole())
    assert plan.actions == ()
    assert "4711" in plan.because


def test_long_transactions_are_waited_for_and_not_for_ever() -> None:
    """Nothing is blocked meanwhile."""
    observation = seen(*running(SINGLE), of=asking(primary="db-2"))
    plan = decide_creation(observation, whole(long_transactions=2, switchover_seconds=5.0))
    assert plan.actions == ()
    assert "2 long transactions" in plan.because
    late = decide_creation(observation, whole(long_transactions=2, switchover_seconds=31.0))
    assert late.actions == (SwitchPrimary("db-0", "db-2", "uuid-db-2"),)


def test_a_primary_that_stays_away_is_refused() -> None:
    """Its server is there, its member is not."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    servers = (member("db-0", states), member("db-1", states), stopped("db-2"))
    observation = seen(*servers, of=asking(primary="db-2"))
    assert decide_creation(observation, Progress(incomplete_seconds=1.0)).refusal is None
    refusal = decide_creation(observation, Progress(incomplete_seconds=LONG_AGO)).refusal
    assert refusal is not None
    assert "db-2" in refusal.reason
    assert "OFFLINE" in refusal.reason


def test_a_primary_that_recovers_or_is_yet_to_join_is_waited_for() -> None:
    """However long it takes."""
    states = {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}
    recovering = seen(*(member(pod, states) for pod in states), of=asking(primary="db-2"))
    assert decide_creation(recovering, Progress(incomplete_seconds=LONG_AGO)).refusal is None
    wanted = replace(settings(servers=5), topology_primary="db-4")
    new = seen(*running(SINGLE), stopped("db-3"), of=wanted)
    assert decide_creation(new, Progress(incomplete_seconds=LONG_AGO)).refusal is None


@pytest.mark.parametrize("asks", [asking(MULTI), asking(primary="db-1")])
def test_a_group_that_stays_uncertain_is_not_changed(asks: Settings) -> None:
    """Those that are silent could be another group."""
    states = {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}
    observation = seen(member("db-0", states), of=asks)
    assert decide_creation(observation, Progress(incomplete_seconds=1.0)).refusal is None
    plan = decide_creation(observation, Progress(incomplete_seconds=LONG_AGO))
    assert plan.state is GroupState.NO_QUORUM_UNCERTAIN
    assert plan.refusal is not None
    assert "NO_QUORUM_UNCERTAIN" in plan.refusal.reason
    assert "db-1, db-2" in plan.refusal.reason


def test_an_uncertain_group_is_waited_for_when_the_topology_stays() -> None:
    """As before: the agents bring it back."""
    states = {"db-0": ONLINE, "db-1": UNREACHABLE, "db-2": UNREACHABLE}
    plan = decide_creation(seen(member("db-0", states)), Progress(incomplete_seconds=LONG_AGO))
    assert plan.refusal is None


def test_a_new_cluster_is_bootstrapped_on_the_primary_asked_for() -> None:
    """No switchover is needed then."""
    observation = seen(*map(stopped, PODS), of=asking(primary="db-1"), written=record(bootstrapped=False))
    assert decide_creation(observation, Progress()).actions[0] == RecordSeed("db-1")


def test_a_backlog_is_counted_as_a_set() -> None:
    """Received and not executed."""
    server = replace(stopped("db-0", f"{GROUP}:1-10:20"), received=parse_gtid_set(f"{GROUP}:1-25"))
    assert server.backlog == 14
