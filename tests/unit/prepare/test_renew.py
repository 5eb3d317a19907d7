"""The weekly renewal: certificates stay good in a release that nobody upgrades, and clients can follow a new CA."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from innodb_cluster.decide.certificates import (
    CA_ACCEPTANCE,
    IssueAuthority,
    IssueCertificate,
    certificate_steps,
)
from innodb_cluster.effects.files.certificates import inspect
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import SECRETS
from innodb_cluster.effects.kubernetes.permissions import Actor, rules
from innodb_cluster.jobs.certificates import renew
from innodb_cluster.jobs.prepare import prepare
from innodb_cluster.model.certificates import (
    CA_LIFETIME,
    LEAF_LIFETIME,
    CertificateFacts,
    CertificateSet,
    server_host_names,
)
from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.settings import TlsMode
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi
from tests.unit.prepare.builders import NOW, certificate, certificates, settings

DAY_SECONDS = 86_400
SERVER_NAMES = server_host_names(settings().names)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that tests move on."""
    return FakeClock()


@pytest.fixture
def release(tmp_path: Path, clock: FakeClock) -> InMemoryApi:
    """The API of a release that was just installed."""
    api = InMemoryApi()
    prepare(settings(), KubernetesApi("ns", api, clock), clock, Paths(credentials_input=tmp_path))
    return api


def run(release: InMemoryApi, clock: FakeClock) -> None:
    """Run the CronJob's command once."""
    renew(settings(), KubernetesApi("ns", release, clock), clock)


def data(release: InMemoryApi, name: str) -> dict[str, str]:
    """Read a Secret that must be there."""
    found = KubernetesApi("ns", release).read_secret(name)
    assert found is not None
    return found


def test_nothing_is_written_while_nothing_is_due(release: InMemoryApi, clock: FakeClock) -> None:
    """Which is what it finds nearly every week."""
    release.calls.clear()
    run(release, clock)
    assert {verb for verb, _, _ in release.calls} == {"get"}


def performed(step: IssueAuthority | IssueCertificate, seen: CertificateSet, now: datetime) -> CertificateSet:
    """What is seen after a step."""
    if isinstance(step, IssueAuthority):
        return replace(seen, authority=certificate(begins=timedelta(), ends=CA_LIFETIME, now=now))
    assert isinstance(seen.authority, CertificateFacts)
    ends = min(LEAF_LIFETIME, seen.authority.not_after - now)
    leaf = certificate(step.host_names, begins=timedelta(), ends=ends, now=now)
    return replace(seen, router=leaf) if step.is_rsa else replace(seen, server=leaf)


def test_certificates_never_end_in_a_release_that_nobody_upgrades() -> None:
    """Forty years of weeks, so four CAs: there are always weeks left to load a certificate."""
    seen, now = certificates(), NOW
    for _ in range(40 * 52):
        now += timedelta(weeks=1)
        while steps := certificate_steps(settings(), seen, now):
            for step in steps:
                seen = performed(step, seen, now)
        for found in (seen.authority, seen.server, seen.router):
            assert isinstance(found, CertificateFacts)
            assert found.not_after - now > timedelta(days=50)


def test_it_makes_no_secret_and_touches_no_other(release: InMemoryApi, clock: FakeClock) -> None:
    """What its Role allows is all that it asks for, also when everything is due."""
    clock.sleep(9.5 * 365 * DAY_SECONDS)
    release.calls.clear()
    run(release, clock)
    (allowed,) = rules(Actor.RENEW, settings())
    assert {(verb, name) for verb, _, name in release.calls} == {
        (verb, name) for verb in allowed.verbs for name in allowed.names
    }


def test_a_missing_secret_is_left_to_the_prepare_hook(release: InMemoryApi, clock: FakeClock) -> None:
    """Only that may make one."""
    del release.objects[SECRETS.path("ns", "db-tls")]
    with pytest.raises(ConfigurationError, match="helm upgrade"):
        run(release, clock)


def test_certificates_of_others_are_not_renewed() -> None:
    """Neither a user's own nor cert-manager's."""
    due = replace(certificates(), server=certificate(SERVER_NAMES, ends=timedelta(days=1)))
    for mode in (TlsMode.OWN, TlsMode.CERT_MANAGER):
        assert certificate_steps(settings(tls=mode), due, NOW) == ()
    assert certificate_steps(settings(), due, NOW)


@pytest.mark.parametrize(("left_days", "is_renewed"), [(100, False), (40, True)])
def test_a_new_authority_signs_at_first_only_what_cannot_wait(left_days: int, *, is_renewed: bool) -> None:
    """Clients hold copies of the CA: for a month both are in ca.crt and the old one's certificates go on."""
    leaf = certificate(SERVER_NAMES, ends=timedelta(days=left_days))
    seen = replace(certificates(), authority=certificate(ends=timedelta(days=3649)), server=leaf)
    assert bool(certificate_steps(settings(), seen, NOW)) is is_renewed
    later = NOW + CA_ACCEPTANCE - timedelta(days=1)
    (step,) = certificate_steps(settings(), seen, later)
    assert isinstance(step, IssueCertificate)


def test_both_authorities_are_trusted_while_certificates_of_both_are_in_use(
    release: InMemoryApi, clock: FakeClock
) -> None:
    """What pods mount as ca.crt vouches for a member that has its new certificate, and for one that has not."""
    clock.sleep(8.7 * 365 * DAY_SECONDS)
    run(release, clock)
    old = data(release, "db-tls")
    clock.sleep(0.4 * 365 * DAY_SECONDS)
    run(release, clock)
    assert data(release, "db-ca")["ca.crt"].count("BEGIN") == 2
    assert data(release, "db-tls") == old
    clock.sleep(0.4 * 365 * DAY_SECONDS)
    run(release, clock)
    new = data(release, "db-tls")
    assert new != old
    for leaf in (old, new):
        found = inspect(data(release, "db-ca")["ca.crt"], leaf["tls.crt"], leaf["tls.key"])
        assert isinstance(found, CertificateFacts)
        assert found.is_trusted
