"""The prepare hook against the API in memory: idempotent, and safe to kill after every call."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from innodb_cluster.effects.files.certificates import inspect
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.kubernetes.api import KubernetesApi
from innodb_cluster.effects.kubernetes.client import CONFIG_MAPS, SECRETS, Document
from innodb_cluster.effects.kubernetes.permissions import Actor, rules
from innodb_cluster.jobs.prepare import prepare, prepare_in_time
from innodb_cluster.model.certificates import CertificateFacts
from innodb_cluster.model.errors import ConfigurationError, OutOfTimeError, TemporaryError
from innodb_cluster.model.settings import Settings, TlsMode
from innodb_cluster.model.snapshot_settings import ClaimSettings
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.kubernetes.in_memory_api import InMemoryApi
from tests.unit.prepare.builders import put_volumes, settings

MADE = ("db-ca", "db-credentials", "db-internal", "db-router-tls", "db-tls")


class Killed(BaseException):
    """The process ends here."""


class MortalApi(InMemoryApi):
    """Ends the process when a write has taken effect and before its answer arrives."""

    def __init__(self, writes: int) -> None:
        super().__init__()
        self.writes_left = writes

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        answer = super().send(method, path, query, body)
        self.writes_left -= method != "GET"
        if self.writes_left == 0:
            self.writes_left = -1
            raise Killed
        return answer


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Paths with what the values say of the root account."""
    folder = tmp_path / "input"
    folder.mkdir()
    (folder / "rootUser").write_text("root")
    (folder / "rootHost").write_text("%")
    (folder / "rootPassword").write_text("")
    return Paths(credentials_input=folder)


def run(
    api: InMemoryApi, paths: Paths, wanted: Settings | None = None, clock: FakeClock | None = None
) -> None:
    """Run the hook once."""
    clock = clock or FakeClock()
    prepare(wanted or settings(), KubernetesApi("ns", api, clock), clock, paths)


def secret(api: InMemoryApi, name: str) -> dict[str, str]:
    """Read a Secret that must be there."""
    found = KubernetesApi("ns", api).read_secret(name)
    assert found is not None
    return found


def facts(api: InMemoryApi, name: str) -> CertificateFacts:
    """Read a certificate that must be readable."""
    data = secret(api, name)
    found = inspect(secret(api, "db-ca")["ca.crt"], data["tls.crt"], data["tls.key"])
    assert isinstance(found, CertificateFacts)
    return found


def test_a_new_release_gets_its_secrets_and_record(paths: Paths) -> None:
    """Everything that pods mount exists afterwards."""
    api = InMemoryApi()
    run(api, paths)
    assert all(SECRETS.path("ns", name) in api.objects for name in MADE)
    record = api.objects[CONFIG_MAPS.path("ns", "db-state")]["data"]
    assert record["clusterName"] == "db"
    assert record["bootstrapped"] == ""
    assert len({record["groupName"], record["clusterId"]}) == 2
    passwords = secret(api, "db-internal")
    assert len(set(passwords.values())) == 4
    assert secret(api, "db-credentials")["rootPassword"]


def test_certificates_name_servers_and_routers(paths: Paths) -> None:
    """As clients, members and routers call them; the CA signs both."""
    api = InMemoryApi()
    run(api, paths, replace(settings(), extra_host_names=("db.example.com", "10.9.8.7")))
    server, router = facts(api, "db-tls"), facts(api, "db-router-tls")
    assert {"*.db-instances.ns.svc.cluster.local", "localhost", "127.0.0.1"} <= server.host_names
    assert {"db", "db.ns.svc.cluster.local", "db.example.com", "10.9.8.7"} <= router.host_names
    for found in (server, router):
        assert found.matches_key
        assert found.is_trusted
    assert (server.is_rsa, router.is_rsa) == (False, True)


def test_running_it_again_changes_nothing(paths: Paths) -> None:
    """Every upgrade runs it."""
    api = InMemoryApi()
    run(api, paths)
    before = dict(api.objects)
    run(api, paths)
    assert api.objects == before


def test_a_new_password_in_the_values_is_written(paths: Paths) -> None:
    """And stays when the next upgrade does not give it."""
    api = InMemoryApi()
    run(api, paths)
    (paths.credentials_input / "rootPassword").write_text("given")
    run(api, paths)
    (paths.credentials_input / "rootPassword").write_text("")
    run(api, paths)
    assert secret(api, "db-credentials")["rootPassword"] == "given"


def test_certificates_are_renewed_and_the_authority_stays(paths: Paths) -> None:
    """After eight months, by the same CA."""
    api, clock = InMemoryApi(), FakeClock()
    run(api, paths, clock=clock)
    authority, before = secret(api, "db-ca"), facts(api, "db-tls")
    clock.sleep(250 * 86_400)
    run(api, paths, clock=clock)
    assert secret(api, "db-ca") == authority
    assert facts(api, "db-tls").not_after > before.not_after


def test_an_old_authority_stays_trusted_beside_the_new_one(paths: Paths) -> None:
    """Members take new certificates one by one: both kinds are accepted meanwhile."""
    api, clock = InMemoryApi(), FakeClock()
    run(api, paths, clock=clock)
    old = secret(api, "db-ca")["tls.crt"]
    clock.sleep(9.5 * 365 * 86_400)
    run(api, paths, clock=clock)
    bundle = secret(api, "db-ca")["ca.crt"]
    assert bundle.count("BEGIN CERTIFICATE") == 2
    assert old.strip() in bundle
    assert secret(api, "db-tls")["ca.crt"] == bundle


def test_a_new_host_name_is_added_to_the_routers_certificate(paths: Paths) -> None:
    """The servers' certificate has nothing to do with it."""
    api = InMemoryApi()
    run(api, paths)
    server = secret(api, "db-tls")
    run(api, paths, replace(settings(), extra_host_names=("db.example.com",)))
    assert "db.example.com" in facts(api, "db-router-tls").host_names
    assert secret(api, "db-tls") == server


def test_own_certificates_are_taken_as_they_are(paths: Paths) -> None:
    """Made elsewhere, here by the hook of another release."""
    elsewhere = InMemoryApi()
    run(elsewhere, paths)
    api = InMemoryApi()
    for name in ("db-ca", "db-tls", "db-router-tls"):
        api.put(SECRETS.path("ns", name), elsewhere.objects[SECRETS.path("ns", name)])
    del api.objects[SECRETS.path("ns", "db-ca")]["data"]["tls.key"]
    before = dict(api.objects)
    run(api, paths, settings(tls=TlsMode.OWN))
    assert before.items() <= api.objects.items()


def test_a_wrong_configuration_makes_nothing(paths: Paths) -> None:
    """Not even half."""
    api = InMemoryApi()
    with pytest.raises(ConfigurationError, match=r"topology\.primary is db-9"):
        run(api, paths, settings(primary="db-9"))
    assert api.objects == {}


def test_an_api_that_is_away_is_temporary(paths: Paths) -> None:
    """The Job tries again."""
    api = InMemoryApi()
    api.is_away = True
    with pytest.raises(TemporaryError):
        run(api, paths)


class ReturningClock(FakeClock):
    """Brings an API back when it has been slept on for a while."""

    def __init__(self, api: InMemoryApi, away_seconds: float) -> None:
        super().__init__()
        self.api, self.away_seconds = api, away_seconds

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.api.is_away = self.passed_seconds < self.away_seconds


def test_a_short_absence_of_the_api_costs_no_second_pod(paths: Paths) -> None:
    """It tries again by itself."""
    api = InMemoryApi()
    api.is_away = True
    clock = ReturningClock(api, away_seconds=30)
    prepare_in_time(settings(), KubernetesApi("ns", api, clock), clock, paths)
    assert all(SECRETS.path("ns", name) in api.objects for name in MADE)


def test_a_long_absence_ends_with_its_reason_before_the_deadline(paths: Paths) -> None:
    """Kubernetes deletes a Job's pod at the deadline, with its log."""
    api = InMemoryApi()
    api.is_away = True
    clock = ReturningClock(api, away_seconds=10_000)
    with pytest.raises(OutOfTimeError, match="does not answer"):
        prepare_in_time(settings(), KubernetesApi("ns", api, clock), clock, paths)
    assert clock.passed_seconds <= settings().job_deadline_seconds


def test_somebody_who_keeps_undoing_it_does_not_hold_it_for_ever(paths: Paths) -> None:
    """A bounded number of rounds, then the Job's own retries."""
    api = InMemoryApi()
    api.statuses["create", "secrets"] = 409
    with pytest.raises(TemporaryError):
        run(api, paths)


@pytest.mark.parametrize("writes", range(1, len(MADE) + 2))
def test_it_can_be_killed_after_any_write_and_run_again(writes: int, paths: Paths) -> None:
    """What the second run ends with is complete, and what was in use before is not replaced."""
    api = MortalApi(writes)
    with pytest.raises(Killed):
        run(api, paths)
    begun = {path: document["data"] for path, document in api.objects.items()}
    run(api, paths)
    assert all(SECRETS.path("ns", name) in api.objects for name in MADE)
    for path, data in begun.items():
        assert api.objects[path]["data"] == data


def test_it_asks_for_nothing_that_its_role_does_not_allow(paths: Paths) -> None:
    """At an install, at an upgrade, with a changed password and larger volumes."""
    api = InMemoryApi()
    run(api, paths)
    larger = replace(settings(), data_claim=ClaimSettings(size="2Gi"))
    put_volumes(api, "1Gi")
    prepare_in_time(larger, KubernetesApi("ns", api, FakeClock()), FakeClock(), paths)
    (paths.credentials_input / "rootPassword").write_text("given")
    run(api, paths)
    allowed = rules(Actor.PREPARE, settings())
    for verb, resource, name in set(api.calls):
        assert any(
            rule.resource.plural == resource and verb in rule.verbs and (not rule.names or name in rule.names)
            for rule in allowed
        ), (verb, resource, name)


def test_nothing_secret_is_logged(paths: Paths, capfd: pytest.CaptureFixture[str]) -> None:
    """Not one value of any Secret that it made."""
    api = InMemoryApi()
    run(api, paths)
    said = "".join(capfd.readouterr())
    for name in MADE:
        for key, value in secret(api, name).items():
            if key not in {"rootUser", "rootHost", "ca.crt", "tls.crt"}:
                assert value not in said
