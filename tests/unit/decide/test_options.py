"""Changed options are set on running servers; only servers that do not take one start again."""

from dataclasses import replace

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.model.actions import RecordOptions, ReplacePod, SetOptions, describe
from innodb_cluster.model.observation import Observation
from innodb_cluster.model.options import Assignment, OptionOutcome, WantedOptions
from innodb_cluster.model.plan import Plan
from innodb_cluster.model.pods import PodView, ServerRollout
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.record import Record
from tests.unit.builders import ONLINE, member, record, seen
from tests.unit.decide.test_rollout import PODS, pod

TEXT, OLD, NEW = "max_connections=9", "mycnf-old", "mycnf-new"


def known(
    *outcomes: OptionOutcome,
    text: str = TEXT,
    base: tuple[str, ...] = (),
    pods: tuple[PodView, ...] = (),
) -> Progress:
    """Build what a Job knows that has nothing but options left."""
    rollout = ServerRollout("r", pods or tuple(pod(name, "r") for name in PODS))
    wanted = WantedOptions(text, NEW, base)
    return Progress(
        accounts_done=True, metadata_members=PODS, servers=rollout, options=wanted, options_set=outcomes
    )


def servers(written: Record, *started_with: str) -> Observation:
    """Build three ONLINE members that were started with these texts."""
    members = (member(name, started_with=text) for name, text in zip(PODS, started_with, strict=True))
    return seen(*members, written=written)


def written(mycnf: str = "", changing: str = "") -> Record:
    """Build a record of what was applied."""
    return replace(record(), mycnf=mycnf, mycnf_changing=changing)


def replaced(plan: Plan) -> list[str]:
    """Name the pods that a plan replaces."""
    return [action.pod for action in plan.actions if isinstance(action, ReplacePod)]


def taken(*names: str, refused: tuple[str, ...] = ()) -> tuple[OptionOutcome, ...]:
    """Build what servers said."""
    return tuple(OptionOutcome(name, refused) for name in names)


def test_what_is_about_to_change_is_recorded_first() -> None:
    """So that an upgrade that is taken back half-way knows what to look at."""
    plan = decide_creation(servers(written(), OLD, OLD, OLD), known())
    assert plan.actions == (RecordOptions("", "max_connections"),)


def test_every_running_server_is_told() -> None:
    """Also those that were started with this text: an upgrade that was taken back may have changed them since."""
    plan = decide_creation(servers(written(changing="max_connections"), OLD, NEW, OLD), known())
    wanted = (Assignment("max_connections", "9"),)
    assert plan.actions == tuple(SetOptions(name, wanted) for name in PODS)


def test_taken_by_all_means_no_restart() -> None:
    """The record takes the text over."""
    observation = servers(written(changing="max_connections"), OLD, OLD, OLD)
    plan = decide_creation(observation, known(*taken(*PODS)))
    assert plan.actions == (RecordOptions(TEXT, ""),)
    done = decide_creation(servers(written(TEXT), OLD, OLD, OLD), known())
    assert done.done


def test_servers_that_did_not_take_it_restart_one_by_one_the_primary_last() -> None:
    """In the order of a rollout."""
    begun = written(changing="max_connections")
    refused = taken(*PODS, refused=("max_connections",))
    assert replaced(decide_creation(servers(begun, OLD, OLD, OLD), known(*refused))) == ["db-2"]
    assert replaced(decide_creation(servers(begun, OLD, OLD, NEW), known(*refused))) == ["db-1"]
    last = decide_creation(servers(begun, OLD, NEW, NEW), known(*refused))
    assert "takes over" in last.because
    plan = decide_creation(servers(begun, NEW, NEW, NEW), known(*refused))
    assert plan.actions == (RecordOptions(TEXT, ""),)


def test_a_removed_line_that_the_chart_sets_as_well_needs_a_restart() -> None:
    """DEFAULT would be the server's."""
    begun = written("max_connections=9", "max_connections")
    progress = known(text="", base=("max_connections",))
    assert replaced(decide_creation(servers(begun, OLD, OLD, OLD), progress)) == ["db-2"]


def test_an_upgrade_taken_back_reaches_those_that_had_it_already() -> None:
    """The record still has the text before; what was begun counts."""
    begun = written("", "max_connections")
    default = (Assignment("max_connections", None),)
    plan = decide_creation(servers(begun, NEW, NEW, "mycnf-failed"), known(text=""))
    assert plan.actions == tuple(SetOptions(name, default) for name in PODS)


def test_a_first_installation_only_writes_it_down() -> None:
    """Every server was started with it."""
    refused = taken(*PODS, refused=("max_connections",))
    plan = decide_creation(servers(written(changing="max_connections"), NEW, NEW, NEW), known(*refused))
    assert plan.actions == (RecordOptions(TEXT, ""),)


def test_remarks_are_written_down_and_nobody_is_asked() -> None:
    """Nothing that mysqld reads has changed."""
    plan = decide_creation(servers(written(), OLD, OLD, OLD), known(text="# a remark"))
    assert plan.actions == (RecordOptions("# a remark", ""),)


def test_a_server_that_an_option_broke_is_replaced_once_when_it_is_taken_back() -> None:
    """Its template is the newest; which text it was started with cannot be asked."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    members = (member(name, states, started_with=NEW) for name in states)
    observation = seen(*members, written=written(changing="max_connections"))
    pods = (pod("db-0", "r"), pod("db-1", "r"), pod("db-2", "r", ready=False, waiting="CrashLoopBackOff"))
    progress = known(text="", pods=pods)
    assert replaced(decide_creation(observation, progress)) == ["db-2"]
    again = replace(progress, replaced=("db-2",))
    assert replaced(decide_creation(observation, again)) == []


def test_no_value_is_shown() -> None:
    """Actions are logged."""
    plan = decide_creation(servers(written(changing="max_connections"), OLD, OLD, OLD), known())
    assert "9" not in str(plan.actions)
    assert describe(plan.actions[0]) == "SetOptions pod=db-0 wanted=max_connections"
