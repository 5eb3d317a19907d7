"""Certificates: issued as OpenSSL wants them, and read for what they are."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from innodb_cluster.effects.files.certificates import (
    Issued,
    inspect,
    issue_authority,
    issue_leaf,
    newest_first,
)
from innodb_cluster.model.certificates import CertificateFacts, UnreadableCertificate

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOSTS = ("*.db-instances.ns.svc", "localhost", "127.0.0.1", "::1")


@pytest.fixture(scope="module")
def authority() -> Issued:
    """One CA for the module."""
    return issue_authority("db.ns CA", NOW)


@pytest.fixture(scope="module")
def leaf(authority: Issued) -> Issued:
    """One certificate of that CA."""
    return issue_leaf(authority, "server", HOSTS, NOW)


def facts(ca_pem: str, leaf: Issued) -> CertificateFacts:
    """Read a certificate that must be readable."""
    found = inspect(ca_pem, leaf.certificate, leaf.private_key)
    assert isinstance(found, CertificateFacts)
    return found


def test_a_certificate_is_what_was_asked_for(authority: Issued, leaf: Issued) -> None:
    """Names, life and key, read back from PEM."""
    found = facts(authority.certificate, leaf)
    assert found.host_names == frozenset(HOSTS)
    assert found.not_after == NOW + timedelta(days=365)
    assert found.not_before < NOW
    assert found.matches_key
    assert found.is_trusted
    assert not found.is_rsa


def test_a_strict_verifier_takes_it(authority: Issued, leaf: Issued) -> None:
    """As a server and as a client: members are each other's clients."""
    trusted = Store([x509.load_pem_x509_certificate(authority.certificate.encode())])
    certificate = x509.load_pem_x509_certificate(leaf.certificate.encode())
    builder = PolicyBuilder().store(trusted).time(NOW)
    builder.build_server_verifier(x509.DNSName("db-0.db-instances.ns.svc")).verify(certificate, [])
    builder.build_client_verifier().verify(certificate, [])
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(usage) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def test_a_routers_certificate_has_an_rsa_key(authority: Issued) -> None:
    """Clients without TLS encrypt their password with it."""
    assert facts(authority.certificate, issue_leaf(authority, "router", HOSTS, NOW, is_rsa=True)).is_rsa


def test_a_certificate_never_outlives_its_authority(authority: Issued) -> None:
    """It would be refused from then on, without warning."""
    late = NOW + timedelta(days=3600)
    assert facts(
        authority.certificate, issue_leaf(authority, "server", HOSTS, late)
    ).not_after < late + timedelta(days=60)


def test_another_authority_does_not_trust_it(leaf: Issued) -> None:
    """Nor one of the same name."""
    assert not facts(issue_authority("db.ns CA", NOW).certificate, leaf).is_trusted


def test_both_authorities_are_trusted_during_a_change(authority: Issued, leaf: Issued) -> None:
    """The new one stands first."""
    newer = issue_authority("db.ns CA", NOW)
    bundle = newest_first(newer.certificate, authority.certificate)
    assert facts(bundle, leaf).is_trusted
    assert bundle.startswith(newer.certificate.strip())


def test_an_intermediate_may_stand_between(authority: Issued, leaf: Issued) -> None:
    """Chains come in tls.crt, after the certificate itself."""
    unrelated = issue_authority("elsewhere", NOW)
    chain = Issued(f"{leaf.certificate}{unrelated.certificate}{authority.certificate}", leaf.private_key)
    assert facts(authority.certificate, chain).is_trusted


def test_a_foreign_key_is_seen(authority: Issued, leaf: Issued) -> None:
    """Two files from two places."""
    other = issue_leaf(authority, "server", HOSTS, NOW)
    assert not facts(authority.certificate, Issued(leaf.certificate, other.private_key)).matches_key


def test_what_is_no_certificate_is_said(authority: Issued, leaf: Issued) -> None:
    """Certificates, keys, and keys that are locked."""
    key = rsa.generate_private_key(65537, 2048)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    ).decode()
    assert inspect(authority.certificate, "nothing", leaf.private_key) == UnreadableCertificate(
        "it holds no certificate in PEM"
    )
    assert inspect(authority.certificate, leaf.certificate, "nothing") == UnreadableCertificate(
        "it holds no private key in PEM"
    )
    assert inspect(authority.certificate, leaf.certificate, locked) == UnreadableCertificate(
        "its private key is encrypted, which mysqld cannot read"
    )


def test_a_private_key_does_not_show_in_a_representation(leaf: Issued) -> None:
    """Dataclasses end up in logs."""
    assert "PRIVATE" not in repr(leaf)
