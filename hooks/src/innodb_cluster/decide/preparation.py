"""What the prepare hook has to make, from what exists. Nothing that exists is ever replaced needlessly.

Total and without effects: a configuration that cannot work gives problems, all at
once, and then no steps. The plan of a prepared release is empty, and every prefix of a
plan is safe to stop at: each step makes one object that is complete in itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from innodb_cluster.decide.certificates import (
    IssueAuthority,
    IssueCertificate,
    certificate_problems,
    certificate_steps,
)
from innodb_cluster.decide.option_verdict import option_problems
from innodb_cluster.decide.preparation_checks import (
    credential_problems,
    internal_problems,
    settings_problems,
    upgrade_problems,
)
from innodb_cluster.decide.restore_checks import restore_problems
from innodb_cluster.model.certificates import CertificateSet
from innodb_cluster.model.credentials import INTERNAL_KEYS, Credentials
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.settings import Settings
from innodb_cluster.model.snapshots import ClaimView, SnapshotView


@dataclass(frozen=True, slots=True)
class PreparationView:
    """What was seen before anything is made."""

    settings: Settings
    previous_settings: Settings | None
    """Those of the installed release, at an upgrade."""
    record: Record | None
    internal_keys: frozenset[str] | None
    """Keys of the Secret of internal passwords that are not empty; None without the Secret."""
    credentials: Mapping[str, str] | None = field(repr=False)
    """The root Secret's data; None without the Secret."""
    asked: Credentials | None
    """What the values say of the root account; None with a Secret of the user's own."""
    certificates: CertificateSet
    is_rollback: bool = False
    """Whether Helm goes back to the values of an earlier revision: that is never about data."""
    snapshot: SnapshotView | None = None
    """The one that ``restore.snapshotName`` names."""
    first_claim: ClaimView | None = None
    """Claim of the first server; looked for when a restore is asked for."""
    mycnf: str = field(default="", repr=False)
    """``serverConfig.mycnf``."""
    verdict: str = field(default="", repr=False)
    """What mysqld holds against it; empty when it takes it."""


@dataclass(frozen=True, slots=True)
class MakeRecord:
    """Make the record of the cluster, with new identities."""

    restore_key: str = ""
    """Restore that the cluster begins with."""


@dataclass(frozen=True, slots=True)
class MakeRestoredClaim:
    """Make the first server's claim from the snapshot, before the StatefulSet makes an empty one."""

    snapshot: str


@dataclass(frozen=True, slots=True)
class TakeRestoreAsDone:
    """Write down that these values' restore is not to be done: a rollback brings back values, not data."""

    key: str


@dataclass(frozen=True, slots=True)
class FillInternal:
    """Generate these internal passwords."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteCredentials:
    """Write the root account's Secret; an empty password is generated."""

    credentials: Credentials
    because: str


Step = (
    MakeRecord
    | MakeRestoredClaim
    | TakeRestoreAsDone
    | FillInternal
    | WriteCredentials
    | IssueAuthority
    | IssueCertificate
)


@dataclass(frozen=True, slots=True)
class PreparationPlan:
    """Steps in their order, or problems; notes are worth a line in the log either way."""

    steps: tuple[Step, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def decide_preparation(view: PreparationView, now: datetime) -> PreparationPlan:
    """Decide what to make, or say everything that is wrong with the configuration."""
    notes: list[str] = []
    problems = (
        *settings_problems(view.settings),
        *upgrade_problems(view.previous_settings, view.settings, view.record),
        *internal_problems(view.internal_keys, view.previous_settings, view.record),
        *credential_problems(view.settings, view.credentials, view.asked),
        *certificate_problems(view.settings, view.certificates, now, notes),
        *_restore_problems(view),
        *option_problems(view.mycnf, view.verdict),
    )
    if problems:
        return PreparationPlan(problems=problems)
    steps = (
        *_record_steps(view),
        *_restore_steps(view),
        *_internal_steps(view),
        *_credential_steps(view),
        *certificate_steps(view.settings, view.certificates, now),
    )
    return PreparationPlan(steps, notes=tuple(notes))


def _record_steps(view: PreparationView) -> tuple[Step, ...]:
    return () if view.record is not None else (MakeRecord(view.settings.restore.key),)


def _restore_problems(view: PreparationView) -> tuple[str, ...]:
    """Look at a restore that has not been done, before anything is stopped for it."""
    restore, record = view.settings.restore, view.record
    if not restore.key or (record is not None and restore.key == record.restore_applied):
        return ()
    if view.is_rollback or (record is not None and record.restore_phase == RestorePhase.START):
        return ()
    claim = view.first_claim
    is_strange = record is None and claim is not None
    return (
        *restore_problems(view.settings, record, view.snapshot, claim),
        *(
            (f"claim {claim.name} is there already: delete it when nobody needs its data",)
            if is_strange and claim
            else ()
        ),
    )


def _restore_steps(view: PreparationView) -> tuple[Step, ...]:
    """Let a new cluster begin with the snapshot; in place the converge Job restores."""
    record, restore = view.record, view.settings.restore
    if record is None:
        return ()
    is_due = record.restore_phase == RestorePhase.REPLACE and record.restore_key == restore.key
    is_new = is_due and not record.restore_claims and view.first_claim is None
    if view.is_rollback:
        is_change = not record.restore_phase and restore.key != record.restore_applied
        return (TakeRestoreAsDone(restore.key),) if is_change else ()
    return (MakeRestoredClaim(restore.snapshot_name),) if is_new else ()


def _internal_steps(view: PreparationView) -> tuple[Step, ...]:
    missing = tuple(key for key in INTERNAL_KEYS if key not in (view.internal_keys or frozenset()))
    return (FillInternal(missing),) if missing else ()


def _credential_steps(view: PreparationView) -> tuple[Step, ...]:
    """The values' password wins when there is one; else the existing one stays; else one is generated."""
    if view.asked is None:
        return ()
    existing = Credentials.from_data(view.credentials or {})
    wanted = Credentials(view.asked.user, view.asked.host, view.asked.password or existing.password)
    if view.credentials is None:
        return (WriteCredentials(wanted, "there is none"),)
    if not wanted.password:
        return (WriteCredentials(wanted, "it has no password"),)
    return () if wanted == existing else (WriteCredentials(wanted, "the values changed"),)
