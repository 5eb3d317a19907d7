"""The record: compare-and-swap, whatever others do in between."""

from dataclasses import replace

import pytest

from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import CONFIG_MAPS, NotFoundError
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.names import Names
from innodb_cluster.model.record import Record
from tests.unit import builders
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi

NAMES = Names("db", "ns")
STATE = CONFIG_MAPS.path("ns", "db-state")


def made(api: InMemoryApi) -> KubernetesApi:
    """Give access to an API that has a record already."""
    kubernetes = KubernetesApi("ns", api, FakeClock())
    assert kubernetes.create_record(NAMES, builders.record(bootstrapped=False))
    return kubernetes


def test_a_record_is_made_once() -> None:
    """The first one stays."""
    kubernetes = made(InMemoryApi())
    assert not kubernetes.create_record(NAMES, builders.record())
    found = kubernetes.read_record(NAMES)
    assert found is not None
    assert found[0] == builders.record(bootstrapped=False)


def test_no_record_is_none() -> None:
    """Absence is a value, not an error."""
    assert KubernetesApi("ns", InMemoryApi()).read_record(NAMES) is None


def test_an_update_is_applied_to_what_the_record_is_by_then() -> None:
    """Someone else writes between reading and writing: neither change is lost."""
    api = InMemoryApi()
    kubernetes = made(api)
    turns: list[int] = []

    def change(record: Record) -> Record:
        if not turns:
            turns.append(1)
            made_elsewhere = KubernetesApi("ns", api, FakeClock())
            made_elsewhere.update_record(NAMES, lambda other: replace(other, seed="db-2"))
        return replace(record, server_instances="5")

    after = kubernetes.update_record(NAMES, change)
    assert (after.seed, after.server_instances) == ("db-2", "5")
    found = kubernetes.read_record(NAMES)
    assert found is not None
    assert found[0] == after


def test_an_update_that_changes_nothing_writes_nothing() -> None:
    """Loops may update as often as they like."""
    api = InMemoryApi()
    kubernetes = made(api)
    kubernetes.update_record(NAMES, lambda record: record)
    assert [call for call in api.calls if call[0] == "patch"] == []


def test_an_update_gives_up_when_others_are_always_faster() -> None:
    """Temporary: the caller's loop goes on."""
    api = InMemoryApi()
    kubernetes = made(api)
    api.statuses["patch", "configmaps"] = 409
    with pytest.raises(TemporaryError, match="changed 5 times"):
        kubernetes.update_record(NAMES, lambda record: replace(record, seed="db-1"))


def test_an_update_of_a_missing_record_is_temporary() -> None:
    """The prepare hook makes it."""
    with pytest.raises(TemporaryError, match="missing"):
        KubernetesApi("ns", InMemoryApi()).update_record(NAMES, lambda record: record)


def test_keys_of_newer_versions_survive_an_update() -> None:
    """A rollback must not lose what the newer version wrote."""
    api = InMemoryApi()
    kubernetes = made(api)
    api.objects[STATE]["data"]["ofTheFuture"] = "kept"
    kubernetes.update_record(NAMES, lambda record: replace(record, seed="db-1"))
    assert api.objects[STATE]["data"]["ofTheFuture"] == "kept"


def test_settings_that_are_not_there_yet_are_not_found() -> None:
    """Before the chart is installed."""
    with pytest.raises(NotFoundError):
        KubernetesApi("ns", InMemoryApi()).read_settings(NAMES)


def test_settings_without_their_key_are_a_configuration_error() -> None:
    """Somebody emptied the ConfigMap."""
    api = InMemoryApi()
    api.put(CONFIG_MAPS.path("ns", "db-settings"), {"data": {}})
    with pytest.raises(ConfigurationError):
        KubernetesApi("ns", api).read_settings(NAMES)
