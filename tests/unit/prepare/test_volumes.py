"""Volumes grow, never shrink, and what cannot work is refused before anything changed."""

from dataclasses import replace

import pytest

from innodb_cluster.decide.storage import StoragePlan, StorageView, decide_storage
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import CLAIMS, STATEFUL_SETS
from innodb_cluster.jobs.storage import Volumes
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.snapshot_settings import ClaimSettings
from innodb_cluster.model.snapshots import ClaimView
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi
from tests.unit.prepare.builders import put_volumes, settings


def asked(
    storage: str = "10Gi", storage_class: str | None = None, mode: str = "ReadWriteOnce"
) -> ClaimSettings:
    """What the values, or the template of a StatefulSet, ask for."""
    return ClaimSettings(storage_class, (mode,), storage)


def claim(storage: str = "10Gi", *, is_bound: bool = True) -> ClaimView:
    """A claim of the first server."""
    return ClaimView("data-db-0", "uid", size=storage, is_bound=is_bound)


@pytest.mark.parametrize(
    "view",
    [
        StorageView(asked("10Gi"), asked("10Gi"), (claim("10Gi"),)),
        StorageView(asked("10240Mi"), asked("10Gi"), (claim("10Gi"),)),
        StorageView(asked("10Gi"), None, ()),
        StorageView(asked("10Gi"), asked("10Gi"), (claim("20Gi"),)),
    ],
)
def test_what_fits_is_left_alone(view: StorageView) -> None:
    """Another way to write the same size, and a claim that somebody made larger."""
    assert decide_storage(view) == StoragePlan()


def test_claims_grow_and_the_statefulset_is_made_anew() -> None:
    """Its template cannot be changed."""
    plan = decide_storage(StorageView(asked("20Gi"), asked("10Gi"), (claim("10Gi"),)))
    assert plan == StoragePlan(growing=(claim("10Gi"),), replace_workload=True)


def test_it_goes_on_where_it_was_killed() -> None:
    """After the claims, and after the StatefulSet went."""
    plan = decide_storage(StorageView(asked("20Gi"), asked("10Gi"), (claim("20Gi"),)))
    assert plan == StoragePlan(replace_workload=True)
    assert decide_storage(StorageView(asked("20Gi"), None, (claim("20Gi"),))) == StoragePlan()


def test_a_claim_of_an_earlier_size_catches_up() -> None:
    """It was kept when its member left."""
    plan = decide_storage(StorageView(asked("20Gi"), asked("20Gi"), (claim("10Gi"),)))
    assert plan == StoragePlan(growing=(claim("10Gi"),))


def test_a_claim_without_a_volume_cannot_grow_yet() -> None:
    """Kubernetes refuses it; said, and not a reason to fail."""
    plan = decide_storage(StorageView(asked("20Gi"), asked("10Gi"), (claim("10Gi", is_bound=False),)))
    assert plan.growing == ()
    assert "data-db-0 is not bound yet" in plan.notes[0]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (asked("5Gi"), "is 5Gi and was 10Gi: volumes cannot shrink, set it back to 10Gi"),
        (asked("10G"), "is 10G and was 10Gi: volumes cannot shrink"),
        (asked(storage_class="slow"), "storageClassName was the default and cannot become slow"),
        (asked(storage_class=""), "storageClassName was the default and cannot become none"),
        (asked(mode="ReadWriteMany"), "accessModes was ReadWriteOnce and cannot become ReadWriteMany"),
    ],
)
def test_what_no_volume_can_follow_is_refused(wanted: ClaimSettings, said: str) -> None:
    """Instead of Kubernetes' message about an immutable field."""
    (problem,) = decide_storage(StorageView(wanted, asked("10Gi"), (claim(),))).problems
    assert said in problem


def test_a_rollback_to_a_smaller_size_keeps_the_claims() -> None:
    """Nobody can give a rollback other values; only the template is made anew."""
    view = StorageView(asked("10Gi"), asked("20Gi"), (claim("20Gi"),), is_rollback=True)
    assert decide_storage(view) == StoragePlan(replace_workload=True)


def volumes(api: InMemoryApi, storage: str, servers: int = 3) -> Volumes:
    """The job's part for release ``db``."""
    wanted = replace(settings(), data_claim=asked(storage), server_instances=servers)
    return Volumes(wanted, KubernetesApi("ns", api), FakeClock())


def test_growing_touches_the_claims_of_the_wanted_servers_and_takes_the_statefulset_away() -> None:
    """Those of members that left keep their size until they come back."""
    api = InMemoryApi()
    put_volumes(api, "10Gi")
    job = volumes(api, "20Gi", servers=2)
    job.apply(job.check(), 300)
    sizes = [
        api.objects[CLAIMS.path("ns", f"data-db-{ordinal}")]["spec"]["resources"]["requests"]["storage"]
        for ordinal in range(3)
    ]
    assert sizes == ["20Gi", "20Gi", "10Gi"]
    assert STATEFUL_SETS.path("ns", "db") not in api.objects


def test_a_class_that_does_not_let_volumes_grow_is_refused_before_anything_changed() -> None:
    """The API says so when it is only tried; what to do names the class and the value."""
    api = InMemoryApi()
    put_volumes(api, "10Gi")
    before = dict(api.objects)
    api.statuses["patch", "persistentvolumeclaims"] = 403
    with pytest.raises(
        ConfigurationError, match=r"data-db-0 \(class fast\) cannot grow from 10Gi to 20Gi"
    ) as refused:
        volumes(api, "20Gi").check()
    assert "allowVolumeExpansion" in refused.value.what_to_do
    assert api.objects == before


def test_checking_changes_nothing() -> None:
    """Members leave between the check and the change."""
    api = InMemoryApi()
    put_volumes(api, "10Gi")
    before = dict(api.objects)
    volumes(api, "20Gi").check()
    assert api.objects == before
