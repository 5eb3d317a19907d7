"""Pods of an older template are replaced one by one, the primary last, and never beside a member that is missing."""

from dataclasses import replace

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.model.actions import ReplacePod, SwitchPrimary
from innodb_cluster.model.observation import MemberRole, Observation, ServerView
from innodb_cluster.model.pods import ContainerView, PodView, ServerRollout
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.settings import TopologyMode
from tests.unit.builders import (
    ERROR,
    GROUP,
    OFFLINE,
    ONLINE,
    RECOVERING,
    member,
    record,
    seen,
    settings,
    stopped,
)

OLD, NEW = "db-1111", "db-2222"
PODS = ("db-0", "db-1", "db-2")


def pod(
    name: str,
    revision: str = OLD,
    *,
    ready: bool = True,
    deleting: bool = False,
    phase: str = "Running",
    waiting: str = "",
) -> PodView:
    """Build a server pod, by default one that is fine and of the older template."""
    containers = (ContainerView("mysql", ready, 0, waiting),)
    return PodView(
        name,
        int(name[-1]),
        "10.0.0.1",
        "node",
        phase,
        ready,
        containers,
        deleting=deleting,
        uid=f"uid-{name}-{revision}",
        revision=revision,
    )


def progress(*pods: PodView, revision: str = NEW) -> Progress:
    """Build what a Job knows that has nothing but a rollout left."""
    return Progress(accounts_done=True, metadata_members=PODS, servers=ServerRollout(revision, pods))


def whole(primary: str = "db-0", **versions: str) -> Observation:
    """Build three ONLINE members."""
    servers = [member(name, primary=primary) for name in PODS]
    return seen(*(_with_versions(server, versions) for server in servers))


def _with_versions(server: ServerView, versions: dict[str, str]) -> ServerView:
    view = (replace(m, version=versions.get(m.pod.replace("-", "_"), "9.7.4")) for m in server.view)
    return replace(server, view=tuple(view))


def replaced(observation: Observation, known: Progress) -> list[str]:
    """Name the pods that the next plan replaces."""
    plan = decide_creation(observation, known)
    return [action.pod for action in plan.actions if isinstance(action, ReplacePod)]


def test_the_secondary_with_the_highest_ordinal_goes_first() -> None:
    """One pod, this very one."""
    plan = decide_creation(whole(), progress(*map(pod, PODS)))
    (action,) = plan.actions
    assert isinstance(action, ReplacePod)
    assert (action.pod, action.uid) == ("db-2", f"uid-db-2-{OLD}")


def test_the_primary_is_passed_over_while_a_secondary_is_left() -> None:
    """Whatever its ordinal."""
    known = progress(*map(pod, PODS))
    assert replaced(whole("db-2"), known) == ["db-1"]
    assert replaced(whole("db-2"), progress(pod("db-0"), pod("db-1", NEW), pod("db-2"))) == ["db-0"]


def test_the_primary_role_moves_to_a_new_pod_before_the_old_primary_restarts() -> None:
    """As a secondary it goes unnoticed."""
    known = progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW))
    plan = decide_creation(whole(), known)
    assert plan.actions == (SwitchPrimary("db-0", "db-1", "uuid-db-1"),)
    assert replaced(whole("db-1"), known) == ["db-0"]


def test_a_successor_has_caught_up() -> None:
    """It would apply its backlog before the first write."""
    behind, close = (member(n, received=f"{GROUP}:1-{last}") for n, last in (("db-1", 5000), ("db-2", 9)))
    known = progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW))
    plan = decide_creation(seen(member("db-0"), behind, close), known)
    assert plan.actions == (SwitchPrimary("db-0", "db-2", "uuid-db-2"),)
    waiting = decide_creation(seen(member("db-0"), behind, replace(behind, pod="db-2")), known)
    assert waiting.actions == ()
    assert "catch up" in waiting.because


def test_the_successor_is_the_one_that_the_values_name() -> None:
    """So that the role moves once."""
    wanted = replace(settings(), topology_primary="db-2")
    written = replace(record(), topology_primary="db-2")
    observation = seen(*map(member, PODS), of=wanted, written=written)
    known = progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW))
    assert decide_creation(observation, known).actions == (SwitchPrimary("db-0", "db-2", "uuid-db-2"),)


def test_an_old_version_cannot_hand_over_to_a_newer_one_and_leaves() -> None:
    """set_as_primary is refused by the server."""
    known = progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW))
    assert replaced(whole(db_1="9.7.5", db_2="9.7.5"), known) == ["db-0"]
    assert replaced(whole(db_0="9.7.10", db_1="9.7.9", db_2="9.7.9"), known) == []


def test_a_primary_that_refused_to_hand_over_leaves() -> None:
    """Asked several times, because another switch may be running."""
    known = replace(progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW)), switches_refused=3)
    assert replaced(whole(), known) == ["db-0"]


def test_several_primaries_restart_one_by_one() -> None:
    """There is nothing to hand over."""
    wanted = settings(mode=TopologyMode.MULTI_PRIMARY)
    primaries = tuple(replace(m, role=MemberRole.PRIMARY) for m in member("db-0").view)
    servers = [replace(member(name, mode=TopologyMode.MULTI_PRIMARY), view=primaries) for name in PODS]
    observation = seen(*servers, of=wanted, written=record(mode="multi-primary"))
    assert replaced(observation, progress(*map(pod, PODS))) == ["db-2"]
    assert replaced(observation, progress(pod("db-0"), pod("db-1", NEW), pod("db-2", NEW))) == ["db-0"]


def test_a_single_server_just_restarts() -> None:
    """Nobody could take over."""
    wanted = settings(servers=1)
    observation = seen(member("db-0", {"db-0": ONLINE}), of=wanted, written=record(servers="1"))
    known = replace(progress(pod("db-0")), metadata_members=("db-0",))
    assert replaced(observation, known) == ["db-0"]


def test_the_next_one_waits_until_the_one_before_is_online_ready_and_not_ending() -> None:
    """Never two at once."""
    states = {"db-0": ONLINE, "db-1": ONLINE, "db-2": RECOVERING}
    recovering = seen(*(member(name, states) for name in PODS))
    known = progress(pod("db-0"), pod("db-1"), pod("db-2", NEW))
    assert replaced(recovering, known) == []
    unready = progress(pod("db-0"), pod("db-1"), pod("db-2", NEW, ready=False))
    assert replaced(whole(), unready) == []
    assert "db-2" in decide_creation(whole(), unready).because
    assert replaced(whole(), progress(pod("db-0"), pod("db-1"), pod("db-2", deleting=True))) == []
    assert replaced(whole(), progress(pod("db-0"), pod("db-1"))) == []
    assert replaced(whole(), known) == ["db-1"]


def test_pods_of_the_newest_template_are_left_alone() -> None:
    """Invariant 6."""
    plan = decide_creation(whole(), progress(*(pod(name, NEW) for name in PODS)))
    assert plan.done


def test_nothing_is_replaced_before_kubernetes_has_seen_the_new_template() -> None:
    """Until then its status speaks of the one before."""
    plan = decide_creation(whole(), progress(*map(pod, PODS), revision=""))
    assert plan.actions == ()
    assert not plan.done


def test_a_pod_that_never_started_is_replaced_when_its_template_is_taken_back() -> None:
    """Although a member is missing: it is the missing one."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    observation = seen(member("db-0", states), member("db-1", states))
    broken = pod("db-2", NEW, ready=False, phase="Pending", waiting="ImagePullBackOff")
    known = progress(pod("db-0"), pod("db-1"), broken, revision=OLD)
    assert replaced(observation, known) == ["db-2"]
    stays = progress(pod("db-0"), pod("db-1"), broken, revision=NEW)
    assert replaced(observation, stays) == []


def test_pods_that_never_started_are_replaced_before_there_is_a_cluster() -> None:
    """An installation with a wrong image is mended by an upgrade."""
    pods = [pod(name, ready=False, phase="Pending", waiting="ErrImagePull") for name in PODS]
    assert replaced(seen(), progress(*pods)) == list(PODS)


def test_a_server_that_is_only_silent_is_not_replaced() -> None:
    """It may be frozen, cut off, or recovering from a crash."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    observation = seen(member("db-0", states), member("db-1", states))
    assert replaced(observation, progress(pod("db-0"), pod("db-1"), pod("db-2", ready=False))) == []


def test_a_server_outside_of_the_group_gets_its_new_template_first() -> None:
    """Perhaps that is what mends it; one that recovers is left alone."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    for state in (ERROR, OFFLINE):
        observation = seen(member("db-0", states), member("db-1", states), stopped("db-2", state=state))
        assert replaced(observation, progress(pod("db-0"), pod("db-1"), pod("db-2", ready=False))) == ["db-2"]


def test_an_outage_is_left_to_the_agents() -> None:
    """Servers that answer may be starting the group at this moment."""
    observation = seen(*(stopped(name, f"{GROUP}:1-3") for name in PODS))
    assert replaced(observation, progress(*(pod(name, ready=False) for name in PODS))) == []
