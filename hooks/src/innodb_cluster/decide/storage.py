"""Decides what becomes of the data volumes when ``datadirVolumeClaimTemplate`` changes.

Kubernetes lets nobody change the claim template of a StatefulSet. So claims are made
larger themselves, and the StatefulSet is taken away without its pods: Helm makes it anew
with the new template, and it adopts them (``docs/adr/0015``).
"""

from dataclasses import dataclass

from innodb_cluster.model.snapshot_settings import ClaimSettings
from innodb_cluster.model.snapshots import ClaimView, size_bytes

KEY = "datadirVolumeClaimTemplate"
SIZE_KEY = f"{KEY}.resources.requests.storage"


@dataclass(frozen=True, slots=True)
class StorageView:
    """What is wanted, and what is there."""

    wanted: ClaimSettings
    template: ClaimSettings | None
    """That of the StatefulSet; None without one."""
    claims: tuple[ClaimView, ...]
    """Existing claims of the servers that are wanted."""
    is_rollback: bool = False


@dataclass(frozen=True, slots=True)
class StoragePlan:
    """Problems, or claims to make larger and whether the StatefulSet is to be made anew."""

    problems: tuple[str, ...] = ()
    growing: tuple[ClaimView, ...] = ()
    replace_workload: bool = False
    notes: tuple[str, ...] = ()


def decide_storage(view: StorageView) -> StoragePlan:
    """Say what to do about the volumes, or what is wrong with what is asked for."""
    wanted = view.wanted
    problems = _problems(wanted, view.template, is_rollback=view.is_rollback)
    if problems:
        return StoragePlan(problems)
    smaller = tuple(claim for claim in view.claims if size_bytes(claim.size) < size_bytes(wanted.size))
    notes = tuple(
        f"claim {claim.name} is not bound yet and keeps its {claim.size}: run helm upgrade again when it is"
        for claim in smaller
        if not claim.is_bound
    )
    return StoragePlan(
        growing=tuple(claim for claim in smaller if claim.is_bound),
        replace_workload=view.template is not None
        and size_bytes(view.template.size) != size_bytes(wanted.size),
        notes=notes,
    )


def _problems(wanted: ClaimSettings, template: ClaimSettings | None, *, is_rollback: bool) -> tuple[str, ...]:
    """Find what no volume can follow.

    A rollback to a smaller size is taken: nobody could give it another value. The claims stay as large as they are.
    """
    if template is None:
        return ()
    found = (
        f"{SIZE_KEY} is {wanted.size} and was {template.size}: volumes cannot shrink, set it back to {template.size}"
        if size_bytes(wanted.size) < size_bytes(template.size) and not is_rollback
        else "",
        _fixed("storageClassName", template.storage_class, wanted.storage_class),
        _fixed("accessModes", ", ".join(template.access_modes), ", ".join(wanted.access_modes)),
    )
    return tuple(problem for problem in found if problem)


def _fixed(key: str, before: str | None, after: str | None) -> str:
    if before == after:
        return ""
    shown = [{None: "the default", "": "none"}.get(value, value) for value in (before, after)]
    return (
        f"{KEY}.{key} was {shown[0]} and cannot become {shown[1]}: existing volumes stay what they are, set it back. "
        "To move the data, install a second release with it and copy"
    )
