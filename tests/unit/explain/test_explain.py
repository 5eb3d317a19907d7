"""What would be done next is told in words, and a saved look gives the same answer anywhere."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from innodb_cluster.decide.explanation import Scene, explain
from innodb_cluster.jobs import explain as job
from innodb_cluster.jobs.manifest import read_text
from innodb_cluster.model.actions import JoinGroup, LabelRole, SwitchMode, describe
from innodb_cluster.model.document import from_document, to_document
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.observation import MemberRole
from innodb_cluster.model.progress import Progress
from innodb_cluster.model.restore import RestoreView
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.snapshots import SnapshotView
from innodb_cluster.model.topology import TableFault, UnfitTable
from tests.unit.builders import GROUP, ONLINE, RECOVERING, member, seen, settings, stopped

MULTI = TopologyMode.MULTI_PRIMARY
PODS = ("db-0", "db-1", "db-2")
WHOLE = Progress(accounts_done=True, metadata_members=PODS)


def a_bad_night() -> Scene:
    """Give a scene with something in every field."""
    states = {"db-0": ONLINE, "db-1": RECOVERING}
    servers = (
        replace(member("db-0", states, gtids=f"{GROUP}:1-9,{GROUP}:tag:1-2"), auto_increment=(1, 2)),
        member("db-1", states, gtids=f"{GROUP}:1-4", received=f"{GROUP}:1-9", offline_mode=True),
    )
    wanted = replace(settings(mode=MULTI), extra_host_names=("db.example",))
    unfit = (UnfitTable("shop.log", TableFault.NO_KEY),)
    progress = Progress(metadata_members=("db-0",), unfit_tables=unfit, incomplete_seconds=4.5)
    return Scene("db-1", seen(*servers, of=wanted), progress)


def test_a_saved_scene_is_the_same_scene_again() -> None:
    """Through JSON and back."""
    scene = a_bad_night()
    again = from_document(Scene, json.loads(json.dumps(to_document(scene))))
    assert again == scene
    assert explain(again) == explain(scene)


def test_a_restore_that_is_under_way_is_saved_too() -> None:
    """With moments and labels."""
    created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    view = RestoreView(SnapshotView("before", "uid", created, "data-db-0"), None, (), ())
    claim = replace(settings().data_claim, labels={"team": "shop"})
    scene = Scene(
        "db-0",
        seen(*map(member, PODS), of=replace(settings(), data_claim=claim)),
        replace(WHOLE, restore=view),
    )
    assert from_document(Scene, json.loads(json.dumps(to_document(scene)))) == scene


def test_a_document_of_another_version_can_be_read() -> None:
    """What it has more is ignored, what it lacks is not known."""
    document = to_document(a_bad_night())
    document["observation"]["servers"][0]["new"] = 1
    del document["observation"]["servers"][0]["auto_increment"]
    assert from_document(Scene, document).observation.servers[0].auto_increment is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pod": 1, "observation": {}}'])
def test_a_document_that_is_none_is_a_configuration_error(text: str) -> None:
    """With what to do."""
    with pytest.raises(ConfigurationError, match="explain --save"):
        job.read(text)


def test_a_saved_scene_is_read_from_standard_input() -> None:
    """So that it need not be copied into a pod."""
    scene = a_bad_night()
    assert job.read(read_text("-", StringIO(json.dumps(to_document(scene))))) == scene


def test_a_file_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    """Named."""
    with pytest.raises(ConfigurationError, match=r"scene\.json cannot be read"):
        read_text(str(tmp_path / "scene.json"))


def test_a_saved_scene_has_no_secret() -> None:
    """Names of Secrets and accounts are none."""
    text = json.dumps(to_document(a_bad_night())).lower()
    assert "password" not in text
    assert "private" not in text


def test_a_cluster_that_is_what_the_values_ask_for_says_so() -> None:
    """Nothing is hidden behind it."""
    text = explain(Scene("db-0", seen(*map(member, PODS)), WHOLE))
    assert "state     ONLINE" in text
    assert "nothing: the cluster is what the values ask for" in text


def test_what_an_upgrade_would_do_is_named_in_its_order() -> None:
    """With the reason."""
    scene = Scene("db-0", seen(*map(member, PODS), of=settings(mode=MULTI)), replace(WHOLE, unfit_tables=()))
    text = explain(scene)
    assert "because   topology.mode asks for multi-primary" in text
    assert "does      SwitchMode through=db-0 mode=multi-primary" in text


def test_a_refusal_says_what_to_do() -> None:
    """As the Job would."""
    unfit = (UnfitTable("shop.log", TableFault.NO_KEY),)
    scene = Scene(
        "db-0", seen(*map(member, PODS), of=settings(mode=MULTI)), replace(WHOLE, unfit_tables=unfit)
    )
    text = explain(scene)
    assert "shop.log has no primary key" in text
    assert "refused   change them" in text


def test_the_agents_part_is_its_own() -> None:
    """A stopped member joins, while the Job waits for it."""
    states = {"db-0": ONLINE, "db-1": ONLINE}
    servers = (member("db-0", states), member("db-1", states), stopped("db-2"))
    text = explain(Scene("db-2", seen(*servers), WHOLE))
    assert "waiting for members: db-0 ONLINE, db-1 ONLINE, db-2 OFFLINE" in text
    assert "does      JoinGroup pod=db-2 mode=single-primary through=db-0,db-1" in text


def test_actions_are_described_without_what_is_empty() -> None:
    """Names and values, no Python."""
    assert describe(SwitchMode("db-0", MULTI)) == "SwitchMode through=db-0 mode=multi-primary"
    assert describe(LabelRole("db-0", MemberRole.NONE)) == "LabelRole pod=db-0"
    assert (
        describe(JoinGroup("db-0", MULTI, ("a", "b"))) == "JoinGroup pod=db-0 mode=multi-primary through=a,b"
    )
