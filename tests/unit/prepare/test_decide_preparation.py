"""What is made, and above all what is not made again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from innodb_cluster.decide.certificates import IssueAuthority, IssueCertificate
from innodb_cluster.decide.preparation import (
    FillInternal,
    MakeRecord,
    WriteCredentials,
    decide_preparation,
)
from innodb_cluster.model.certificates import Certificate, UnreadableCertificate, server_host_names
from innodb_cluster.model.credentials import INTERNAL_KEYS, Credentials
from innodb_cluster.model.settings import TlsMode
from tests.unit.prepare.builders import (
    NOW,
    certificate,
    new_release,
    prepared,
    settings,
    with_certificates,
)


def test_a_prepared_release_has_nothing_to_make() -> None:
    """An upgrade that changes nothing writes nothing."""
    plan = decide_preparation(prepared(), NOW)
    assert (plan.steps, plan.problems) == ((), ())


def test_a_new_release_gets_everything_in_its_order() -> None:
    """Certificates follow in the next round, when the CA is there."""
    assert [type(step) for step in decide_preparation(new_release(), NOW).steps] == [
        MakeRecord,
        FillInternal,
        WriteCredentials,
        IssueAuthority,
    ]


def test_certificates_follow_their_authority() -> None:
    """One for all servers, one for all routers; only the routers' is RSA."""
    view = with_certificates(prepared(), server=None, router=None)
    steps = decide_preparation(view, NOW).steps
    assert [(step.secret, step.is_rsa) for step in steps if isinstance(step, IssueCertificate)] == [
        ("db-tls", False),
        ("db-router-tls", True),
    ]


def test_only_missing_internal_passwords_are_generated() -> None:
    """A key of a newer version is added; the others are in use."""
    view = replace(prepared(), internal_keys=frozenset(INTERNAL_KEYS[1:]))
    assert decide_preparation(view, NOW).steps == (FillInternal(INTERNAL_KEYS[:1]),)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        (Credentials("root", "%", ""), None),
        (Credentials("root", "%", "kept"), None),
        (Credentials("root", "%", "new"), Credentials("root", "%", "new")),
        (Credentials("admin", "10.%", ""), Credentials("admin", "10.%", "kept")),
    ],
)
def test_the_values_password_wins_and_an_empty_one_changes_nothing(
    asked: Credentials, written: Credentials | None
) -> None:
    """``helm upgrade`` without the password must not generate another one."""
    steps = decide_preparation(replace(prepared(), asked=asked), NOW).steps
    assert [step.credentials for step in steps if isinstance(step, WriteCredentials)] == (
        [written] if written else []
    )


def test_an_emptied_password_is_generated_again() -> None:
    """Somebody edited the Secret."""
    view = replace(prepared(), credentials={"rootUser": "root", "rootHost": "%", "rootPassword": ""})
    (step,) = decide_preparation(view, NOW).steps
    assert step == WriteCredentials(Credentials("root", "%", ""), "it has no password")


def test_a_secret_of_the_user_is_never_written() -> None:
    """``credentials.existingSecret`` is only looked at."""
    assert decide_preparation(prepared(settings(external=True)), NOW).steps == ()


@pytest.mark.parametrize(
    ("server", "because"),
    [
        (None, "there is none"),
        (UnreadableCertificate("it lacks tls.key"), "it lacks tls.key"),
        (certificate(server_host_names(settings().names), matches_key=False), "its key is another one's"),
        (certificate(server_host_names(settings().names), is_trusted=False), "the CA is another one"),
        (certificate(server_host_names(settings().names), ends=timedelta(days=100)), "it ends on 2026-04-11"),
        (certificate(server_host_names(settings().names) - {"localhost"}), "it does not name localhost"),
    ],
)
def test_a_certificate_is_renewed_in_time_and_for_a_reason(server: Certificate, because: str) -> None:
    """A third of its life before the end, or when it does not fit any more."""
    (step,) = decide_preparation(with_certificates(prepared(), server=server), NOW).steps
    assert isinstance(step, IssueCertificate)
    assert (step.secret, step.because) == ("db-tls", because)


def test_a_certificate_with_more_names_than_needed_stays() -> None:
    """Removing an extra host name is no reason to renew."""
    more = certificate(server_host_names(settings().names) | {"old.example.com"})
    assert decide_preparation(with_certificates(prepared(), server=more), NOW).steps == ()


def test_an_authority_is_renewed_a_year_before_its_end() -> None:
    """A certificate must not outlive its CA."""
    view = with_certificates(prepared(), authority=certificate(ends=timedelta(days=364)))
    (step,) = decide_preparation(view, NOW).steps
    assert isinstance(step, IssueAuthority)


def test_cert_manager_needs_nothing_but_patience() -> None:
    """Its Certificates come after this hook at the first install: waiting here would be for ever."""
    view = with_certificates(prepared(settings(tls=TlsMode.CERT_MANAGER)), server=None)
    plan = decide_preparation(view, NOW)
    assert (plan.steps, plan.problems) == ((), ())
    assert plan.notes == ("cert-manager has yet to make Secret db-tls",)


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        (None, "Secret db-tls or db-ca does not exist"),
        (UnreadableCertificate("it lacks tls.key"), "Secret db-tls cannot be used: it lacks tls.key"),
        (certificate(matches_key=False), "in Secret db-tls tls.key is not the key of tls.crt"),
        (
            certificate(is_trusted=False),
            "the certificate in Secret db-tls was not issued by ca.crt in Secret db-ca",
        ),
        (
            certificate(ends=timedelta(days=-1)),
            "the certificate in Secret db-tls ended on 2025-12-31 12:00 UTC",
        ),
        (
            certificate(begins=timedelta(days=1)),
            "the certificate in Secret db-tls begins on 2026-01-02 12:00 UTC",
        ),
    ],
)
def test_own_certificates_that_cannot_work_are_refused_by_name(server: Certificate, problem: str) -> None:
    """Before anything is installed, instead of pods that never start."""
    view = with_certificates(prepared(settings(tls=TlsMode.OWN)), server=server)
    plan = decide_preparation(view, NOW)
    assert (plan.steps, plan.problems) == ((), (problem,))


def test_own_certificates_are_never_replaced() -> None:
    """Not even when they end soon, which is said."""
    view = with_certificates(prepared(settings(tls=TlsMode.OWN)), server=certificate(ends=timedelta(days=5)))
    plan = decide_preparation(view, NOW)
    assert (plan.steps, plan.problems) == ((), ())
    assert plan.notes == ("the certificate in Secret db-tls ends on 2026-01-06",)


def test_an_own_router_certificate_without_rsa_is_worth_a_note() -> None:
    """Clients without TLS could not log in."""
    view = with_certificates(prepared(settings(tls=TlsMode.OWN)), router=certificate(is_rsa=False))
    (note,) = decide_preparation(view, NOW).notes
    assert "not RSA" in note


def test_problems_come_all_at_once_and_nothing_is_made() -> None:
    """One run of helm shows everything that is to be corrected."""
    view = replace(
        new_release(settings(tls=TlsMode.OWN, external=True, primary="db-9")),
        credentials={"rootUser": "root"},
    )
    plan = decide_preparation(view, NOW)
    assert plan.steps == ()
    assert len(plan.problems) == 4
