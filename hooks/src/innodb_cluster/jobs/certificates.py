"""Makes and renews the certificates of the release's own CA.

The prepare hook does it among other things; ``innodb-cluster job renew``, which a CronJob
runs, does nothing else, so that a release that nobody upgrades keeps good certificates.
Pods take what it writes by themselves.
"""

from collections.abc import Mapping
from typing import assert_never

from innodb_cluster.configuration import load_job
from innodb_cluster.decide.certificates import IssueAuthority, IssueCertificate, certificate_steps
from innodb_cluster.effects.clock import Clock, SystemClock
from innodb_cluster.effects.files.certificates import (
    Issued,
    inspect,
    issue_authority,
    issue_leaf,
    newest_first,
)
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.log import get_logger
from innodb_cluster.model.certificates import (
    CA_CERT,
    CERT,
    KEY,
    Certificate,
    CertificateFacts,
    CertificateSet,
    UnreadableCertificate,
)
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.settings import Settings

MAX_ROUNDS = 3
"""Two are needed when the CA is due: certificates follow it."""

log = get_logger()


def run() -> int:
    """Renew what is due in the release that the environment describes; errors carry their exit status."""
    settings = load_job().parsed_settings()
    renew(settings, KubernetesApi(settings.names.namespace), SystemClock())
    return 0


def renew(settings: Settings, api: KubernetesApi, clock: Clock) -> None:
    """Observe, decide and perform until nothing is due.

    Raises:
        ConfigurationError: a Secret is not there: making one is not this Job's right.
        TemporaryError: the API does not answer, or someone else keeps writing the same Secrets.

    """
    for _ in range(MAX_ROUNDS):
        seen = observe_certificates(settings, api)
        if None in {seen.authority, seen.server, seen.router}:
            raise ConfigurationError(
                "a Secret with certificates is missing", "run helm upgrade, which makes it"
            )
        steps = certificate_steps(settings, seen, clock.now())
        if not steps:
            _say_ends(settings, seen)
            return
        for step in steps:
            issue(step, settings, api, clock)
    raise TemporaryError("someone else keeps changing the release's Secrets", "run one upgrade at a time")


def observe_certificates(settings: Settings, api: KubernetesApi) -> CertificateSet:
    """Read the facts of all three."""
    tls = settings.tls
    authority = api.read_secret(tls.ca_secret)
    return CertificateSet(
        authority=_certificate(authority, authority),
        server=_certificate(api.read_secret(tls.server_secret), authority),
        router=_certificate(api.read_secret(tls.router_secret), authority),
    )


def issue(
    step: IssueAuthority | IssueCertificate, settings: Settings, api: KubernetesApi, clock: Clock
) -> None:
    """Make a CA or a certificate and write it into its Secret, in one call."""
    match step:
        case IssueAuthority(because):
            _issue_authority(settings, api, clock)
            log.info("made a CA", name=settings.tls.ca_secret, because=because)
        case IssueCertificate(secret, because=because):
            _issue_certificate(step, settings, api, clock)
            log.info("made a certificate", name=secret, because=because)
        case _:
            assert_never(step)


def _issue_authority(settings: Settings, api: KubernetesApi, clock: Clock) -> None:
    names, now = settings.names, clock.now()
    # Dated, because two of one name beside each other are told apart by some TLS libraries only.
    new = issue_authority(f"CA {now:%Y-%m-%d} {names.cluster}.{names.namespace}", now)
    before = (api.read_secret(settings.tls.ca_secret) or {}).get(CA_CERT, "")
    data = {CA_CERT: newest_first(new.certificate, before), CERT: new.certificate, KEY: new.private_key}
    write_secret(settings, api, settings.tls.ca_secret, data)


def _issue_certificate(step: IssueCertificate, settings: Settings, api: KubernetesApi, clock: Clock) -> None:
    authority = api.read_secret(settings.tls.ca_secret)
    if authority is None or not {CA_CERT, CERT, KEY} <= authority.keys():
        raise TemporaryError(f"Secret {settings.tls.ca_secret} went away", "run one upgrade at a time")
    issuer = Issued(authority[CERT], authority[KEY])
    new = issue_leaf(issuer, step.common_name, step.host_names, clock.now(), is_rsa=step.is_rsa)
    data = {CA_CERT: authority[CA_CERT], CERT: new.certificate, KEY: new.private_key}
    write_secret(settings, api, step.secret, data)


def write_secret(settings: Settings, api: KubernetesApi, name: str, values: Mapping[str, str]) -> None:
    """Set keys of a Secret that may exist: made when it does not, and never half."""
    if api.read_secret(name) is None:
        api.create_secret(settings.names, name, values)
    else:
        api.patch_secret(name, values)


def _certificate(secret: Mapping[str, str] | None, authority: Mapping[str, str] | None) -> Certificate:
    if secret is None or authority is None:
        return None
    missing = [key for key in (CERT, KEY) if not secret.get(key)]
    if missing or not authority.get(CA_CERT):
        return UnreadableCertificate(f"it lacks {', '.join(missing) or f'the CA in {CA_CERT}'}")
    return inspect(authority[CA_CERT], secret[CERT], secret[KEY])


def _say_ends(settings: Settings, seen: CertificateSet) -> None:
    tls = settings.tls
    for name, found in (
        (tls.ca_secret, seen.authority),
        (tls.server_secret, seen.server),
        (tls.router_secret, seen.router),
    ):
        if isinstance(found, CertificateFacts):
            log.info("nothing to renew", name=name, ends=f"{found.not_after:%Y-%m-%d}")
