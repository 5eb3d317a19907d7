"""What the prepare hook has to make, from what exists. Nothing that exists is ever replaced needlessly.

Total and without effects: a configuration that cannot work gives problems, all at
once, and then no steps. The plan of a prepared release is empty, and every prefix of a
plan is safe to stop at: each step makes one object that is complete in itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from innodb_cluster.decide.option_verdict import option_problems
from innodb_cluster.decide.preparation_checks import (
    credential_problems,
    internal_problems,
    settings_problems,
    upgrade_problems,
)
from innodb_cluster.decide.restore_checks import restore_problems
from innodb_cluster.model.certificates import (
    CA_LIFETIME,
    LEAF_LIFETIME,
    ROUTER_COMMON_NAME,
    SERVER_COMMON_NAME,
    Certificate,
    CertificateFacts,
    UnreadableCertificate,
    router_host_names,
    server_host_names,
)
from innodb_cluster.model.credentials import INTERNAL_KEYS, Credentials
from innodb_cluster.model.record import Record
from innodb_cluster.model.restore import RestorePhase
from innodb_cluster.model.settings import Settings, TlsMode
from innodb_cluster.model.snapshots import ClaimView, SnapshotView

EXPIRY_WARNING = timedelta(days=30)


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
    authority: Certificate
    server: Certificate
    router: Certificate
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


@dataclass(frozen=True, slots=True)
class IssueAuthority:
    """Make a CA; the one before, if any, stays trusted."""

    because: str


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """Make a certificate with the cluster's CA."""

    secret: str
    common_name: str
    host_names: frozenset[str]
    is_rsa: bool
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
        *_certificate_problems(view, now, notes),
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
        *_tls_steps(view, now),
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


def _tls_steps(view: PreparationView, now: datetime) -> tuple[Step, ...]:
    settings = view.settings
    if settings.tls.mode is not TlsMode.SELF_SIGNED:
        return ()
    authority_due = _why_due(view.authority, frozenset(), now, CA_LIFETIME / 10)
    if authority_due:
        # Certificates come in the next round, when the new CA can be read: it alone can say what it has signed.
        return (IssueAuthority(authority_due),)
    leaves = (
        (
            view.server,
            settings.tls.server_secret,
            SERVER_COMMON_NAME,
            server_host_names(settings.names),
            False,
        ),
        (view.router, settings.tls.router_secret, ROUTER_COMMON_NAME, router_host_names(settings), True),
    )
    return tuple(
        IssueCertificate(secret, common_name, host_names, is_rsa, because)
        for seen, secret, common_name, host_names, is_rsa in leaves
        if (because := _why_due(seen, host_names, now, LEAF_LIFETIME / 3))
    )


def _why_due(seen: Certificate, host_names: frozenset[str], now: datetime, at_least: timedelta) -> str:
    """Say why a certificate of our own has to be made; empty when it is good for longer than ``at_least``."""
    match seen:
        case None:
            return "there is none"
        case UnreadableCertificate(why):
            return why
        case CertificateFacts(matches_key=False):
            return "its key is another one's"
        case CertificateFacts(is_trusted=False):
            return "the CA is another one"
        case CertificateFacts(not_after=not_after) if not_after - now < at_least:
            return f"it ends on {not_after:%Y-%m-%d}"
        case CertificateFacts(host_names=names) if host_names - names:
            return f"it does not name {', '.join(sorted(host_names - names))}"
        case _:
            return ""


def _certificate_problems(view: PreparationView, now: datetime, notes: list[str]) -> tuple[str, ...]:
    tls = view.settings.tls
    secrets = ((tls.server_secret, view.server), (tls.router_secret, view.router))
    match tls.mode:
        case TlsMode.SELF_SIGNED:
            return ()
        case TlsMode.CERT_MANAGER:
            # The Certificates are objects of this release: they come after this hook at the first install, and pods wait
            # for their Secrets by themselves.
            notes.extend(
                f"cert-manager has yet to make Secret {name}" for name, seen in secrets if seen is None
            )
            return ()
        case TlsMode.OWN:
            for name, seen in secrets:
                if isinstance(seen, CertificateFacts) and now < seen.not_after < now + EXPIRY_WARNING:
                    notes.append(f"the certificate in Secret {name} ends on {seen.not_after:%Y-%m-%d}")
            if isinstance(view.router, CertificateFacts) and not view.router.is_rsa:
                notes.append(
                    f"the key in Secret {tls.router_secret} is not RSA: clients without TLS cannot log in through routers"
                )
            found = (_own_problem(name, seen, tls.ca_secret, now) for name, seen in secrets)
            return tuple(problem for problem in found if problem)


def _own_problem(name: str, seen: Certificate, ca_secret: str, now: datetime) -> str:
    """Say what is wrong with a certificate that the user brought; empty when it can be served."""
    match seen:
        case None:
            return f"Secret {name} or {ca_secret} does not exist"
        case UnreadableCertificate(why):
            return f"Secret {name} cannot be used: {why}"
        case CertificateFacts(matches_key=False):
            return f"in Secret {name} tls.key is not the key of tls.crt"
        case CertificateFacts(is_trusted=False):
            return f"the certificate in Secret {name} was not issued by ca.crt in Secret {ca_secret}"
        case CertificateFacts(not_after=not_after) if not_after <= now:
            return f"the certificate in Secret {name} ended on {not_after:%Y-%m-%d %H:%M} UTC"
        case CertificateFacts(not_before=not_before) if not_before > now:
            return f"the certificate in Secret {name} begins on {not_before:%Y-%m-%d %H:%M} UTC"
        case _:
            return ""
