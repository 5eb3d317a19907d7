"""Certificates: whom they name, how long they live, and what was seen of the ones that exist."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from innodb_cluster.model.names import Names
from innodb_cluster.model.settings import Settings

CA_CERT = "ca.crt"
CERT = "tls.crt"
KEY = "tls.key"

CA_LIFETIME = timedelta(days=3650)
LEAF_LIFETIME = timedelta(days=365)
SERVER_COMMON_NAME = "mysql-innodb-cluster-server"
ROUTER_COMMON_NAME = "mysql-innodb-cluster-router"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a certificate Secret holds, as far as decisions go."""

    not_before: datetime
    not_after: datetime
    host_names: frozenset[str]
    """DNS names and addresses in subjectAltName."""
    matches_key: bool
    """Whether the private key beside it is the certificate's."""
    is_trusted: bool
    """Whether it was issued, directly or through what follows it, by the cluster's CA."""
    is_rsa: bool = False
    """Whether its key is RSA, which routers need for clients without TLS."""


@dataclass(frozen=True, slots=True)
class UnreadableCertificate:
    """A Secret that lacks keys or holds something else than PEM."""

    why: str


Certificate = CertificateFacts | UnreadableCertificate | None
"""None: there is no Secret."""


@dataclass(frozen=True, slots=True)
class CertificateSet:
    """What was seen of a release's certificates."""

    authority: Certificate
    server: Certificate
    router: Certificate


@dataclass(frozen=True, slots=True)
class CertificateLife:
    """From when until when a certificate is valid."""

    begins: datetime
    ends: datetime

    def is_in_last(self, part: float, now: datetime) -> bool:
        """Whether only this part of its life is left, or less."""
        return self.ends - now < (self.ends - self.begins) * part


def server_host_names(names: Names) -> frozenset[str]:
    """Names that servers go by: one certificate for all, so that a new ordinal needs no new one."""
    service = names.instances_service
    return frozenset(
        f"{prefix}{host}" for host in (service, *_qualified(service, names)) for prefix in ("", "*.")
    ) | {"localhost", "127.0.0.1", "::1"}


def router_host_names(settings: Settings) -> frozenset[str]:
    """Names that clients reach routers by."""
    names = settings.names
    hosts = {names.router, "localhost", "127.0.0.1", "::1", *settings.extra_host_names}
    for service in (settings.service_name, names.cluster):
        hosts |= {service, *_qualified(service, names)}
    return frozenset(hosts)


def _qualified(service: str, names: Names) -> tuple[str, str, str]:
    """Give the longer names of a Service, as pods' resolvers complete them."""
    short = f"{service}.{names.namespace}"
    return short, f"{short}.svc", f"{short}.svc.{names.domain}"
