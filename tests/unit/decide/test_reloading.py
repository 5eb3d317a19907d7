"""Who loads which certificate when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from innodb_cluster.decide.expiry import RouterCertificate, decide_restart, expiry_warning
from innodb_cluster.decide.reloading import RETRY_SECONDS, ServerCertificate, decide_reload
from innodb_cluster.model.actions import ReloadTls
from innodb_cluster.model.certificates import CertificateLife

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = CertificateLife(BEGIN, BEGIN + timedelta(days=360))
RENEWED = RouterCertificate(is_mounted_one=False, is_usable=True, life=YEAR)
PODS = tuple(f"db-router-5d8f9c7b4-{name}" for name in ("abcde", "fghij", "klmno", "pqrst", "uvwxy"))


@pytest.mark.parametrize(
    ("seen", "is_loaded"),
    [
        (ServerCertificate(mounted="new", loaded="old"), True),
        (ServerCertificate(mounted="new"), True),
        (ServerCertificate(mounted="same", loaded="same"), False),
        (ServerCertificate(mounted="", loaded="old"), False),
        (ServerCertificate("bad", "old", refused="bad", refused_seconds_ago=RETRY_SECONDS - 1), False),
        (ServerCertificate("bad", "old", refused="bad", refused_seconds_ago=RETRY_SECONDS), True),
        (ServerCertificate("better", "old", refused="bad", refused_seconds_ago=1), True),
    ],
)
def test_a_server_loads_what_is_mounted_once(seen: ServerCertificate, *, is_loaded: bool) -> None:
    """Also when its agent has just started and knows nothing; what it refused waits a while, unless it changed."""
    assert decide_reload("db-1", seen) == ((ReloadTls("db-1"),) if is_loaded else ())


def restart_day(pod: str) -> int:
    """Day of the certificate's life on which a router takes the renewed one."""
    return next(day for day in range(360) if decide_restart(pod, RENEWED, BEGIN + timedelta(days=day)))


def test_routers_take_a_renewed_certificate_one_after_the_other_and_a_month_before_the_end() -> None:
    """Each ends its connections once, and never all at the same time."""
    days = [restart_day(pod) for pod in PODS]
    assert len(set(days)) == len(PODS)
    assert all(360 * 5 / 6 <= day <= 360 * 11 / 12 for day in days)


def test_a_short_life_has_short_parts() -> None:
    """cert-manager issues for an hour where it is told to."""
    hour = CertificateLife(BEGIN, BEGIN + timedelta(hours=1))
    seen = replace(RENEWED, life=hour)
    assert decide_restart(PODS[0], seen, BEGIN + timedelta(minutes=45)) == ""
    assert decide_restart(PODS[0], seen, BEGIN + timedelta(minutes=56)) != ""


@pytest.mark.parametrize(
    ("seen", "is_restarted"),
    [
        (replace(RENEWED, life=None), True),
        (replace(RENEWED, life=None, is_usable=False), False),
        (replace(RENEWED, is_usable=False), False),
        (replace(RENEWED, is_mounted_one=True), False),
        (replace(RENEWED, is_mounted_one=True, life=None), False),
    ],
)
def test_a_router_is_restarted_only_when_that_helps(seen: RouterCertificate, *, is_restarted: bool) -> None:
    """And when nobody can verify it any more, at once: on the last day of the life, or without one."""
    assert bool(decide_restart(PODS[0], seen, YEAR.ends - timedelta(days=1))) is is_restarted


def test_a_certificate_that_nobody_renewed_is_worth_a_warning_in_its_last_month() -> None:
    """By then it should have been replaced twice over."""
    assert expiry_warning(YEAR, YEAR.ends - timedelta(days=31)) == ""
    assert "2026-12-27" in expiry_warning(YEAR, YEAR.ends - timedelta(days=29))
