"""Keys and certificates: one authority, a pair for each component, a kubeconfig for each client."""

import base64
import datetime as dt
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_DAYS = 3650
CLUSTER_NAME = "mysql-innodb-cluster"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who a certificate is for: Kubernetes takes the user from `user`, the groups from `groups`."""

    file: str
    user: str
    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # DNS names and addresses; a client has none


@dataclass(frozen=True, slots=True)
class Authority:
    """The certificate authority of a cluster, and the folder that its pairs lie in."""

    folder: Path

    @property
    def certificate(self) -> Path:
        """The authority's certificate."""
        return self.folder / "ca.crt"

    @property
    def key(self) -> Path:
        """The authority's key."""
        return self.folder / "ca.key"

    def ensure(self) -> bool:
        """Make the authority and the key that signs service accounts' tokens; returns whether it was new."""
        if self.certificate.exists() and self.key.exists() and (self.folder / "sa.key").exists():
            return False
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CLUSTER_NAME)])
        builder = _builder(name, name, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
        certificate = builder.sign(key, hashes.SHA256())
        signing = ec.generate_private_key(ec.SECP256R1())
        _write(self.folder / "sa.pub", _public(signing))
        _write(self.folder / "sa.key", _private(signing))
        _write(self.key, _private(key))
        _write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return True

    def pair(self, subject: Subject) -> tuple[Path, Path]:
        """Certificate and key of a subject, made unless they are there for just these names."""
        certificate, key = self.folder / f"{subject.file}.crt", self.folder / f"{subject.file}.key"
        wanted = self.folder / f"{subject.file}.subject"
        if not (
            certificate.exists() and key.exists() and wanted.exists() and wanted.read_text() == repr(subject)
        ):
            self._issue(subject, certificate, key)
            wanted.write_text(repr(subject))
        return certificate, key

    def _issue(self, subject: Subject, certificate: Path, key_file: Path) -> None:
        authority = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        authority_key = serialization.load_pem_private_key(self.key.read_bytes(), password=None)
        if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self.key} is not a key that was made here")
        key = ec.generate_private_key(ec.SECP256R1())
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in subject.groups]
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, subject.user))
        builder = _builder(x509.Name(parts), authority.subject, key.public_key())
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if subject.names:
            purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
            names = x509.SubjectAlternativeName([_general_name(name) for name in subject.names])
            builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        _write(key_file, _private(key))
        signed = builder.sign(authority_key, hashes.SHA256())
        _write(certificate, signed.public_bytes(serialization.Encoding.PEM))

    def kubeconfig(self, subject: Subject, server: str) -> Path:
        """A kubeconfig of its own for a client; everything is embedded, so the file can be copied."""
        certificate, key = self.pair(subject)
        path = self.folder / f"{subject.file}.kubeconfig"
        text = render_kubeconfig(
            server, self.certificate.read_bytes(), certificate.read_bytes(), key.read_bytes()
        )
        if not path.exists() or path.read_text() != text:
            _write(path, text.encode())
        return path


def render_kubeconfig(server: str, authority: bytes, certificate: bytes, key: bytes) -> str:
    """A kubeconfig in JSON, which is YAML too."""

    def encode(data: bytes) -> str:
        return base64.b64encode(data).decode()

    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CLUSTER_NAME,
                "cluster": {"server": server, "certificate-authority-data": encode(authority)},
            }
        ],
        "users": [
            {
                "name": CLUSTER_NAME,
                "user": {"client-certificate-data": encode(certificate), "client-key-data": encode(key)},
            }
        ],
        "contexts": [{"name": CLUSTER_NAME, "context": {"cluster": CLUSTER_NAME, "user": CLUSTER_NAME}}],
        "current-context": CLUSTER_NAME,
    }
    return json.dumps(document, indent=2) + "\n"


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    """What all certificates share; they are valid from a day ago, because clocks of machines jump."""
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """What a key may be used for."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    """An address or a DNS name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half of a key as PEM."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(data)
    fresh.replace(path)
