"""Which certificates of the release have to be made, and what is wrong with those that a user brought.

The prepare hook decides by it before anything else is made, the renewing Job every week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from innodb_cluster.model.certificates import (
    CA_LIFETIME,
    LEAF_LIFETIME,
    ROUTER_COMMON_NAME,
    SERVER_COMMON_NAME,
    Certificate,
    CertificateFacts,
    CertificateSet,
    UnreadableCertificate,
    router_host_names,
    server_host_names,
)
from innodb_cluster.model.settings import Settings, TlsMode

EXPIRY_WARNING = timedelta(days=30)
CA_ACCEPTANCE = timedelta(days=30)
"""How long a new CA is only trusted, beside the old one, before it signs what could wait: clients have their own copies."""


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


def certificate_steps(
    settings: Settings, seen: CertificateSet, now: datetime
) -> tuple[IssueAuthority | IssueCertificate, ...]:
    """Say what to make; nothing, unless the CA is our own."""
    if settings.tls.mode is not TlsMode.SELF_SIGNED:
        return ()
    authority_due = _why_due(seen.authority, frozenset(), now, CA_LIFETIME / 10)
    if authority_due:
        # Certificates come in the next round, when the new CA can be read: it alone can say what it has signed.
        return (IssueAuthority(authority_due),)
    at_least = LEAF_LIFETIME / (6 if _is_new(seen.authority, now) else 3)
    tls = settings.tls
    leaves = (
        (seen.server, tls.server_secret, SERVER_COMMON_NAME, server_host_names(settings.names), False),
        (seen.router, tls.router_secret, ROUTER_COMMON_NAME, router_host_names(settings), True),
    )
    return tuple(
        IssueCertificate(secret, common_name, host_names, is_rsa, because)
        for leaf, secret, common_name, host_names, is_rsa in leaves
        if (because := _why_due(leaf, host_names, now, at_least))
    )


def _is_new(authority: Certificate, now: datetime) -> bool:
    return isinstance(authority, CertificateFacts) and now < authority.not_before + CA_ACCEPTANCE


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


def certificate_problems(
    settings: Settings, seen: CertificateSet, now: datetime, notes: list[str]
) -> tuple[str, ...]:
    """Say what is wrong with certificates that are not our own; what is only worth knowing goes to the notes."""
    tls = settings.tls
    secrets = ((tls.server_secret, seen.server), (tls.router_secret, seen.router))
    match tls.mode:
        case TlsMode.SELF_SIGNED:
            return ()
        case TlsMode.CERT_MANAGER:
            # The Certificates are objects of this release: they come after this hook at the first install, and pods wait
            # for their Secrets by themselves.
            notes.extend(
                f"cert-manager has yet to make Secret {name}" for name, leaf in secrets if leaf is None
            )
            return ()
        case TlsMode.OWN:
            for name, leaf in secrets:
                if isinstance(leaf, CertificateFacts) and now < leaf.not_after < now + EXPIRY_WARNING:
                    notes.append(f"the certificate in Secret {name} ends on {leaf.not_after:%Y-%m-%d}")
            if isinstance(seen.router, CertificateFacts) and not seen.router.is_rsa:
                notes.append(
                    f"the key in Secret {tls.router_secret} is not RSA: clients without TLS cannot log in through routers"
                )
            found = (_own_problem(name, leaf, tls.ca_secret, now) for name, leaf in secrets)
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
