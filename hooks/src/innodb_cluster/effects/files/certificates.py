"""Certificates: issued for this cluster alone, and read for the facts that decisions need.

ECDSA on P-256: a handshake costs a tenth of RSA 2048's processor time on the server,
and every client library of MySQL 8 and later takes it. Routers get RSA all the same: a
client without TLS asks for an RSA key to encrypt its password with, and the router
hands out the one of its certificate (seen on 9.7.4: with ECDSA such logins fail).
Leaves serve and call, because members are each other's clients.
"""

import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from innodb_cluster.model.certificates import (
    CA_LIFETIME,
    LEAF_LIFETIME,
    CertificateFacts,
    UnreadableCertificate,
)
from innodb_cluster.model.errors import ConfigurationError

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
RSA_BITS = 2048

CLOCK_SKEW = timedelta(minutes=5)
"""Certificates begin this long before they are made: nodes' clocks differ."""
_MAX_COMMON_NAME_CHARACTERS = 64
_MAX_CHAIN_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate: str
    private_key: str = field(repr=False)


def issue_authority(common_name: str, now: datetime) -> Issued:
    """Make a CA that signs leaves only."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(common_name)
    usage = _usage(key_cert_sign=True, crl_sign=True)
    builder = (
        _builder(name, name, key, now, now + CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return _signed(builder, key, key)


def issue_leaf(
    authority: Issued, common_name: str, host_names: Iterable[str], now: datetime, *, is_rsa: bool = False
) -> Issued:
    """Make a certificate for servers or routers; it never outlives its CA.

    Raises:
        ConfigurationError: the CA's key is of a kind that cannot sign here.

    """
    issuer = x509.load_pem_x509_certificate(authority.certificate.encode())
    issuer_key = _private_key(authority.private_key)
    key = rsa.generate_private_key(65537, RSA_BITS) if is_rsa else ec.generate_private_key(ec.SECP256R1())
    not_after = min(now + LEAF_LIFETIME, issuer.not_valid_after_utc)
    builder = (
        _builder(_name(common_name), issuer.subject, key, now, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, key_encipherment=True), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
        .add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in sorted(host_names)]), critical=False
        )
        .add_extension(_key_identifier(issuer, issuer_key), critical=False)
    )
    return _signed(builder, key, issuer_key)


def inspect(ca_pem: str, certificate_pem: str, key_pem: str) -> CertificateFacts | UnreadableCertificate:
    """Read the facts of a certificate, its key and the CA that it should come from."""
    try:
        authorities = x509.load_pem_x509_certificates(ca_pem.encode())
        chain = x509.load_pem_x509_certificates(certificate_pem.encode())
    except ValueError:
        return UnreadableCertificate("it holds no certificate in PEM")
    try:
        key = serialization.load_pem_private_key(key_pem.encode(), password=None)
    except TypeError:
        return UnreadableCertificate("its private key is encrypted, which mysqld cannot read")
    except (ValueError, UnsupportedAlgorithm):
        return UnreadableCertificate("it holds no private key in PEM")
    leaf = chain[0]
    return CertificateFacts(
        not_before=leaf.not_valid_before_utc,
        not_after=leaf.not_valid_after_utc,
        host_names=_host_names(leaf),
        matches_key=_public_bytes(key.public_key()) == _public_bytes(leaf.public_key()),
        is_trusted=_is_issued_by(leaf, chain[1:], authorities),
        is_rsa=isinstance(key, rsa.RSAPrivateKey),
    )


def newest_first(newest_pem: str, bundle_pem: str) -> str:
    """Put a new CA before those that are still trusted."""
    return f"{newest_pem.strip()}\n{bundle_pem.strip()}\n"


def _is_issued_by(
    leaf: x509.Certificate, intermediates: list[x509.Certificate], authorities: list[x509.Certificate]
) -> bool:
    """Follow issuers from the leaf up to one of the CAs; a CA is trusted as itself."""
    current = leaf
    for _ in range(_MAX_CHAIN_LENGTH):
        if current in authorities or any(_has_signed(authority, current) for authority in authorities):
            return True
        above = next((each for each in intermediates if each != current and _has_signed(each, current)), None)
        if above is None:
            return False
        current = above
    return False


def _has_signed(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    with suppress(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        subject.verify_directly_issued_by(issuer)
        return True
    return False


def _host_names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return frozenset(names.get_values_for_type(x509.DNSName)) | frozenset(addresses)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: SigningKey,
    now: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    public = key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _signed(builder: x509.CertificateBuilder, key: SigningKey, signer: SigningKey) -> Issued:
    certificate = builder.sign(signer, hashes.SHA256())
    private_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Issued(certificate.public_bytes(serialization.Encoding.PEM).decode(), private_key.decode())


def _private_key(pem: str) -> SigningKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        return key
    raise ConfigurationError("the CA's private key is neither ECDSA nor RSA", "remove the CA's Secret")


def _key_identifier(issuer: x509.Certificate, key: SigningKey) -> x509.AuthorityKeyIdentifier:
    """Point to the issuer's key, by the identifier that the issuer gives itself."""
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _public_bytes(key: object) -> bytes:
    public: bytes = key.public_bytes(  # type: ignore[attr-defined]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return public


def _usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_MAX_COMMON_NAME_CHARACTERS])])


def _general_name(host: str) -> x509.GeneralName:
    with suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(host))
    return x509.DNSName(host)
