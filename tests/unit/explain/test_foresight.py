"""Everything that an upgrade has left to change is told before the first of it is done."""

import json
from dataclasses import replace

from innodb_cluster.decide.creation import decide_creation
from innodb_cluster.decide.explanation import Scene, explain, without_values
from innodb_cluster.decide.foresight import foresee
from innodb_cluster.model.document import from_document, to_document
from innodb_cluster.model.options import WantedOptions
from innodb_cluster.model.pods import PodView, ServerRollout
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.restore import RestoreView
from innodb_cluster.model.settings import Settings, TopologyMode
from innodb_cluster.model.snapshot_settings import RestoreSettings
from tests.unit.builders import ONLINE, RECOVERING, member, record, seen, settings

OLD, NEW = "db-1111", "db-2222"
PODS = ("db-0", "db-1", "db-2")
TEXT = "max_connections = 200\nloose_key = hunter2"


def pod(name: str, revision: str = NEW, *, ready: bool = True) -> PodView:
    """Build a pod, by default one that is fine and of the newest template."""
    return PodView(name, None, "10.0.0.1", "node", "Running", ready, (), uid=f"uid-{name}", revision=revision)


def scene(
    *pods: PodView, mycnf: str = "", marker: str = "", of: Settings | None = None, routers: int = 1
) -> Scene:
    """Build three ONLINE members beside what else an agent sees."""
    found = tuple(pod(f"db-router-{number}") for number in range(routers))
    names = tuple(router.name for router in found)
    wanted = of or settings()
    missing = len(found) != wanted.router_instances
    progress = Progress(
        accounts_done=True,
        metadata_members=PODS,
        routers=names,
        metadata_routers=names,
        routers_waited_for=(f"{len(found)} of {wanted.router_instances} router pods exist",)
        if missing
        else (),
        servers=ServerRollout(NEW, pods or tuple(map(pod, PODS))),
        options=WantedOptions(mycnf, marker, ("max_connections",)),
    )
    return Scene("db-0", seen(*map(member, PODS), of=of), progress, routers=found)


def test_nothing_is_foreseen_for_a_cluster_that_is_what_the_values_ask_for() -> None:
    """And nothing is said to come later."""
    at_rest = scene()
    assert foresee(at_rest.observation, at_rest.progress) == ()
    assert "later" not in explain(at_rest)


def test_the_restarts_of_a_new_template_are_named() -> None:
    """With the pods that are old."""
    text = explain(scene(*(pod(name, OLD) for name in PODS)))
    assert "db-2 ready of an older template" in text
    assert "because   db-2, a secondary, is outdated (3 left): restarting it" in text
    assert "does      ReplacePod pod=db-2" in text


def test_options_are_told_with_the_way_they_come_about() -> None:
    """By SQL, or by a start where the chart's own value is to come back; never with their values."""
    by_sql = explain(scene(mycnf=TEXT, marker="m1"))
    assert "by SQL, and by restarts of the servers that do not take it: key, max_connections" in by_sql
    assert "because   serverConfig.mycnf changed: key,max_connections" in by_sql
    assert "started with another serverConfig.mycnf" in by_sql
    assert "hunter2" not in by_sql


def test_an_option_that_was_taken_out_and_is_the_charts_own_needs_a_restart() -> None:
    """Only the option file has the chart's value."""
    now = scene(marker="m1")
    before = replace(record(), mycnf=TEXT)
    was = replace(now, observation=replace(now.observation, record=before))
    assert "later     by restarts alone: max_connections" in explain(was)
    assert "db-2, a secondary, is outdated (3 left): restarting it" in explain(was)


def test_every_kind_of_change_is_foreseen_at_once() -> None:
    """In the order in which they are made."""
    wanted = settings(mode=TopologyMode.MULTI_PRIMARY, routers=2)
    now = scene(*(pod(name, OLD) for name in PODS), mycnf=TEXT, of=wanted)
    lines = foresee(now.observation, replace(now.progress, unfit_tables=()))
    kinds = [
        "by SQL",
        "serverConfig.mycnf changed",
        "topology.mode asks",
        "db-2, a",
        "waiting for routers: 1 of 2",
    ]
    assert [line.startswith(kind) for line, kind in zip(lines, kinds, strict=False)] == [True] * len(kinds)


def test_nothing_is_foreseen_behind_a_member_that_is_missing() -> None:
    """What the plan says of it comes first."""
    states = {"db-0": ONLINE, "db-1": RECOVERING, "db-2": ONLINE}
    missing = seen(*(member(name, states) for name in PODS))
    assert foresee(missing, scene(*(pod(name, OLD) for name in PODS)).progress) == ()


def test_a_smaller_number_of_servers_shows_who_leaves_and_how() -> None:
    """The prepare Job's part, before the other's."""
    smaller = scene(of=settings(servers=1))
    text = explain(replace(smaller, is_before_upgrade=True))
    assert "The prepare Job, before Helm changes anything" in text
    assert "because   db-1, db-2 may not join any more: they leave for good" in text
    assert "does      RecordAdmitted count=1" in text
    assert "Kubernetes compares when Helm has applied them" in text


def test_more_servers_are_let_in_first() -> None:
    """And the pods that are not there yet are waited for."""
    larger = settings(servers=5)
    text = explain(scene(of=larger))
    assert "because   the record lets the new members join" in text
    assert "later     waiting for pods: db-3, db-4 (0 left to restart)" in text


def test_a_restore_that_the_values_ask_for_is_told() -> None:
    """Or why it cannot be done."""
    wanted = replace(settings(), restore=RestoreSettings("before"))
    now = scene(of=wanted)
    text = explain(replace(now, progress=replace(now.progress, restore=RestoreView(None, None, (), ()))))
    assert "restore.snapshotName before" in text
    assert "because   " in text
    assert "before" in text.split("because", 1)[1]
    assert "refused   " in text


def test_routers_are_shown_with_what_holds_them() -> None:
    """A missing one is waited for."""
    text = explain(scene(of=settings(routers=2)))
    assert "routers   db-router-0 ready" in text
    assert "because   waiting for routers: 1 of 2 router pods exist" in text


def test_a_scene_with_pods_and_options_is_saved_too() -> None:
    """Through JSON and back, with the same answer."""
    now = without_values(scene(*(pod(name, OLD) for name in PODS), mycnf=TEXT, marker="m1"))
    again = from_document(Scene, json.loads(json.dumps(to_document(now))))
    assert again == now
    assert explain(again) == explain(now)


def test_a_saved_scene_has_no_values_of_options_and_gives_the_same_answer() -> None:
    """One may be a secret; whether two are the same is all that counts."""
    now = scene(mycnf=TEXT + "\n# my note", marker="m1")
    before = replace(record(), mycnf="max_connections = 200\nloose_key = sesame")
    kept = replace(now, observation=replace(now.observation, record=before))
    saved = without_values(kept)
    text = json.dumps(to_document(saved))
    assert not {word for word in ("200", "hunter2", "sesame", "my note") if word in text}
    assert explain(saved) == explain(kept)


def test_what_is_foreseen_begins_with_the_plan() -> None:
    """But for the lines about options: the log and explain say the same."""
    now = scene(*(pod(name, OLD) for name in PODS))
    plan = decide_creation(now.observation, now.progress)
    assert foresee(now.observation, now.progress)[0] == plan.because
