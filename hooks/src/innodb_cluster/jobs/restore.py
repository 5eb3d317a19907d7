"""Gathers what the decision about a restore needs; nothing is asked while none is due."""

from innodb_cluster.decide.restore import is_restore_due
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.model.observation import pods_that_count
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestoreView
from innodb_cluster.model.settings import Settings


def look_at_restore(
    api: KubernetesApi, settings: Settings, record: Record | None, inherited_safety: str = ""
) -> RestoreView | None:
    """Read snapshot, safety snapshot, claims and pods; None when no restore is due."""
    if record is None or not is_restore_due(settings.restore.key, record):
        return None
    if not settings.restore.key:
        # The Role of a release that asks for no restore allows none of these questions.
        return RestoreView(None, None, (), ())
    names = settings.names
    found = (api.read_claim(names.claim(pod)) for pod in pods_that_count(settings, record))
    return RestoreView(
        snapshot=api.read_snapshot(settings.restore.snapshot_name),
        safety=api.read_snapshot(record.restore_safety) if record.restore_safety else None,
        claims=tuple(claim for claim in found if claim is not None),
        pods=api.list_pods(names, "server"),
        inherited_safety=inherited_safety,
    )
