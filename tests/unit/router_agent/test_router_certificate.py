"""The router's agent has its router take a renewed certificate before the old one ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from innodb_cluster.agent.router_certificate import CertificateWatch
from innodb_cluster.effects.files.certificates import Issued, issue_authority
from innodb_cluster.effects.files.paths import Paths
from tests.unit.kubernetes.fake_clock import FakeClock
from tests.unit.router_agent.rest import RestServer, put_certificate


@dataclass(slots=True)
class LaterClock(FakeClock):
    """The time that it is, and some days."""

    days: float = 0.0
    passed_seconds: float = field(default=0.0)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)


@pytest.fixture
def authority() -> Issued:
    """A CA."""
    return issue_authority("test CA", datetime.now(UTC))


@pytest.fixture
def clock() -> LaterClock:
    """A clock that tests move on."""
    return LaterClock()


@pytest.fixture
def watch(tmp_path: Path, authority: Issued, clock: LaterClock) -> Iterator[CertificateWatch]:
    """A watch of a router that has loaded a certificate for a year."""
    put_certificate(tmp_path, authority)
    rest = RestServer(tmp_path)
    yield CertificateWatch(Paths(tls=tmp_path, router_run=tmp_path), "db-router-0", rest.port, clock)
    rest.stop()


def ordered(watch: CertificateWatch) -> bool:
    """Whether the router is to be started again, after one more look."""
    watch.step()
    return watch.paths.restart_order.exists()


def test_a_router_that_presents_what_is_mounted_is_left_alone(
    watch: CertificateWatch, clock: LaterClock
) -> None:
    """A restart would change nothing, however near the end; that is said instead."""
    assert watch.step() == ""
    clock.days = 340
    assert "nobody has renewed it" in watch.step()
    assert not ordered(watch)


def test_a_renewed_certificate_waits_until_the_old_one_nears_its_end(
    watch: CertificateWatch, clock: LaterClock, authority: Issued
) -> None:
    """Most routers are replaced by an upgrade before that."""
    put_certificate(watch.paths.tls, authority)
    clock.days = 250
    assert not ordered(watch)
    clock.days = 340
    assert "started again" in watch.step()
    assert "what it presents ends at" in watch.paths.restart_order.read_text()


def test_a_certificate_without_its_key_restarts_nothing(
    watch: CertificateWatch, clock: LaterClock, authority: Issued
) -> None:
    """The router would not come up again: a Secret that somebody writes in two steps."""
    key = (watch.paths.tls / "tls.key").read_text()
    put_certificate(watch.paths.tls, authority)
    (watch.paths.tls / "tls.key").write_text(key)
    clock.days = 340
    assert not ordered(watch)


def test_a_router_that_the_new_authority_does_not_know_is_restarted_at_once(watch: CertificateWatch) -> None:
    """Clients that trust only that CA are turned away until then."""
    put_certificate(watch.paths.tls, issue_authority("another CA", datetime.now(UTC)))
    assert ordered(watch)


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_files_that_are_no_certificates_restart_nothing(watch: CertificateWatch, content: str) -> None:
    """Nor end the agent."""
    for name in ("ca.crt", "tls.crt", "tls.key"):
        (watch.paths.tls / name).write_text(content)
        assert not ordered(watch)


def test_text_before_a_certificate_is_no_difference(watch: CertificateWatch) -> None:
    """OpenSSL writes it there when it is asked to."""
    mounted = watch.paths.tls / "tls.crt"
    mounted.write_text("Certificate:\n    Data:\n" + mounted.read_text())
    seen = watch.look()
    assert seen is not None
    assert seen.is_mounted_one


def test_a_router_that_does_not_answer_is_none_of_its_business(watch: CertificateWatch) -> None:
    """It may be starting."""
    assert replace(watch, port=9).step() == ""
