"""What this product relies on in the Kubernetes API: the same for the real one and for the one in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from innodb_cluster.effects.kubernetes.client import (
    CONFIG_MAPS,
    EVENTS,
    LEASES,
    PODS,
    ConflictError,
    NotFoundError,
)
from innodb_cluster.effects.kubernetes.events import EventTarget
from innodb_cluster.effects.kubernetes.labels import selector
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.pods import WarningView
from innodb_cluster.model.record import Record
from tests.contract.kubernetes.worlds import World, until

if TYPE_CHECKING:
    from innodb_cluster.effects.kubernetes.client import Document


def fresh(kind: str) -> str:
    """A name that no other test has."""
    return f"{kind}-{uuid4().hex[:8]}"


def config_map(name: str, **data: str) -> Document:
    """A small object to try things on."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_what_was_created_can_be_read(world: World) -> None:
    """With a version and a uid that the API gave."""
    client, name = world.client(), fresh("made")
    client.create(CONFIG_MAPS, config_map(name, a="1"))
    found = client.get(CONFIG_MAPS, name)
    assert found["data"] == {"a": "1"}
    assert found["metadata"]["resourceVersion"]
    assert found["metadata"]["uid"]


def test_what_exists_cannot_be_created(world: World) -> None:
    """A conflict, and the object stays as it was."""
    client, name = world.client(), fresh("twice")
    client.create(CONFIG_MAPS, config_map(name, a="1"))
    with pytest.raises(ConflictError):
        client.create(CONFIG_MAPS, config_map(name, a="2"))
    assert client.get(CONFIG_MAPS, name)["data"] == {"a": "1"}


def test_what_is_not_there_is_not_found(world: World) -> None:
    """Neither to read nor to patch."""
    with pytest.raises(NotFoundError):
        world.client().get(CONFIG_MAPS, fresh("nothing"))
    with pytest.raises(NotFoundError):
        world.client().patch(CONFIG_MAPS, fresh("nothing"), {"data": {"a": "1"}})


def test_a_patch_merges_and_null_removes(world: World) -> None:
    """RFC 7396."""
    client, name = world.client(), fresh("patched")
    client.create(CONFIG_MAPS, config_map(name, kept="1", gone="2"))
    client.patch(CONFIG_MAPS, name, {"data": {"gone": None, "new": "3"}})
    assert client.get(CONFIG_MAPS, name)["data"] == {"kept": "1", "new": "3"}


def test_a_patch_of_a_version_that_has_passed_is_a_conflict(world: World) -> None:
    """Compare-and-swap rests on it."""
    client, name = world.client(), fresh("swapped")
    version = client.create(CONFIG_MAPS, config_map(name, a="1"))["metadata"]["resourceVersion"]
    client.patch(CONFIG_MAPS, name, {"metadata": {"resourceVersion": version}, "data": {"a": "2"}})
    with pytest.raises(ConflictError):
        client.patch(CONFIG_MAPS, name, {"metadata": {"resourceVersion": version}, "data": {"a": "3"}})
    assert client.get(CONFIG_MAPS, name)["data"] == {"a": "2"}


def test_a_patch_that_changes_nothing_makes_no_new_version(world: World) -> None:
    """Who watches versions sees real changes alone."""
    client, name = world.client(), fresh("same")
    version = client.create(CONFIG_MAPS, config_map(name, a="1"))["metadata"]["resourceVersion"]
    assert client.patch(CONFIG_MAPS, name, {"data": {"a": "1"}})["metadata"]["resourceVersion"] == version


def test_a_patch_that_is_only_tried_stores_nothing(world: World) -> None:
    """The API says whether it would take it."""
    client, name = world.client(), fresh("tried")
    client.create(CONFIG_MAPS, config_map(name, a="1"))
    assert client.patch(CONFIG_MAPS, name, {"data": {"a": "2"}}, only_try=True)["data"] == {"a": "2"}
    assert client.get(CONFIG_MAPS, name)["data"] == {"a": "1"}


def test_only_the_object_that_was_seen_is_deleted(world: World) -> None:
    """Another one of the same name stays."""
    client, name = world.client(), fresh("deleted")
    uid = client.create(CONFIG_MAPS, config_map(name))["metadata"]["uid"]
    with pytest.raises(ConflictError):
        client.delete(CONFIG_MAPS, name, "another-uid", orphan=True)
    client.delete(CONFIG_MAPS, name, uid, orphan=True)

    def is_gone() -> bool:
        try:
            client.get(CONFIG_MAPS, name)
        except NotFoundError:
            return True
        return False

    assert until(is_gone)


def test_only_the_object_with_the_uid_is_deleted(world: World) -> None:
    """A name may be another object's by then."""
    client, name = world.client(), fresh("deleted")
    uid = client.create(CONFIG_MAPS, config_map(name))["metadata"]["uid"]
    with pytest.raises(ConflictError):
        client.delete(CONFIG_MAPS, name, f"{uid[:-4]}0000")
    client.delete(CONFIG_MAPS, name, uid)
    with pytest.raises(NotFoundError):
        client.delete(CONFIG_MAPS, name, uid)


def test_a_list_has_what_carries_all_labels(world: World) -> None:
    """One cluster's pods of one component."""
    client = world.client()
    for name, component in (("listed-0", "server"), ("listed-1", "router")):
        labels = selector(replace(world.names, cluster="listed"), component)
        spec = {
            "containers": [{"name": "mysql", "image": "nowhere/none"}],
            "nodeSelector": {"no-such-node": "x"},
        }
        client.create(
            PODS,
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": labels},
                "spec": spec,
            },
        )
    names = replace(world.names, cluster="listed")

    def listed() -> list[str]:
        return [view.name for view in world.api().list_pods(names, "server")]

    # The list comes from the API server's watch cache, which may be a moment behind.
    assert until(lambda: listed() == ["listed-0"])
    world.api().label_pod_role("listed-0", "primary")
    assert until(lambda: world.api().list_pods(names, "server")[0].role == "primary")


def test_secrets_keep_any_text(world: World) -> None:
    """Quotes, line breaks, umlauts, nothing at all."""
    api, name = world.api(), fresh("secret")
    values = {"quoted": "a'b\"c\\d", "lines": "a\nb\n", "umlaut": "ö", "empty": ""}
    assert api.create_secret(world.names, name, values)
    assert not api.create_secret(world.names, name, {})
    api.patch_secret(name, {"quoted": "new"})
    assert api.read_secret(name) == values | {"quoted": "new"}
    assert api.read_secret(fresh("nothing")) is None


def test_two_writers_of_the_record_lose_nothing(world: World) -> None:
    """Each sees the other's change or retries on it."""
    names = replace(world.names, cluster=fresh("db"))
    first, second = world.api(), world.api()
    assert first.create_record(names, Record(names.cluster, "group", "id"))
    assert not second.create_record(names, Record(names.cluster, "other", "other"))
    turns: list[int] = []

    def change(record: Record) -> Record:
        if not turns:
            turns.append(1)
            second.update_record(names, lambda other: replace(other, seed="db-2"))
        return replace(record, server_instances="5")

    after = first.update_record(names, change)
    assert (after.group_name, after.seed, after.server_instances) == ("group", "db-2", "5")
    found = second.read_record(names)
    assert found is not None
    assert found[0] == after


def test_a_lease_has_one_holder_and_changes_hands(world: World) -> None:
    """Taken, refused, renewed, given back, taken over when its holder is silent."""
    name = fresh("lease")
    first, second = world.api(), world.api()
    assert first.acquire_lease(name, "a", 3600)
    assert not second.acquire_lease(name, "b", 3600)
    assert first.renew_lease(name, "a")
    assert not second.renew_lease(name, "b")
    first.release_lease(name, "a")
    assert second.acquire_lease(name, "b", 1)
    assert not first.acquire_lease(name, "a", 1)
    assert until(lambda: first.acquire_lease(name, "a", 3600))
    assert not second.renew_lease(name, "b")
    spec = world.client().get(LEASES, name)["spec"]
    assert (spec["holderIdentity"], spec["leaseTransitions"]) == ("a", 2)


def test_events_are_taken_and_counted(world: World) -> None:
    """The API validates their namespace, times and names."""
    client, name = world.client(), fresh("subject")
    uid = client.create(CONFIG_MAPS, config_map(name))["metadata"]["uid"]
    api = world.api()
    api.emit_event(EventTarget("ConfigMap", name), "Tried", "a message", warning=True)

    def emitted() -> list[Document]:
        return [found for found in client.list(EVENTS, {}) if found["involvedObject"]["name"] == name]

    api.emit_event(EventTarget("ConfigMap", name), "Went", "another message", warning=False)
    assert until(lambda: len(emitted()) == 2)
    (warning,) = (found for found in api.list_warnings() if found.name == name)
    assert warning == WarningView("ConfigMap", name, "Tried", "a message")
    (event,) = (found for found in emitted() if found["reason"] == "Tried")
    assert event["involvedObject"]["uid"] == uid
    assert (event["type"], event["reason"], event["count"]) == ("Warning", "Tried", 1)
    patched = client.patch(EVENTS, event["metadata"]["name"], {"count": 2})
    assert patched["count"] == 2


def test_what_makes_no_sense_is_a_configuration_error(world: World) -> None:
    """Trying again would not help."""
    with pytest.raises(ConfigurationError, match="422"):
        world.client().create(CONFIG_MAPS, config_map("Not a Name"))
