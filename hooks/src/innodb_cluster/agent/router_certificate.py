"""Has a router started again when the certificate that it presents nears its end and a newer one is mounted.

MySQL Router 9.7 reads certificates only when it starts. What it has loaded is seen by a
handshake with its REST port, which starts together with the routes.

Standard library alone, like the rest of the router's agent.
"""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from innodb_cluster.decide.expiry import RouterCertificate, decide_restart, expiry_warning
from innodb_cluster.effects.clock import Clock
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.effects.files.store import read_optional, write_private
from innodb_cluster.model.certificates import CA_CERT, CERT, KEY, CertificateLife

LOOPBACK = "127.0.0.1"
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class CertificateWatch:
    """Looks at one router's certificate."""

    paths: Paths
    pod: str
    port: int
    clock: Clock
    topic: str = "certificate"

    def step(self) -> str:
        """Look, and order a restart when one is due; give what is worth a line of log, empty when nothing is."""
        seen = self.look()
        if seen is None:
            return ""
        now = self.clock.now()
        if reason := decide_restart(self.pod, seen, now):
            write_private(self.paths.restart_order, reason)
            return f"the router is started again with the mounted certificate: {reason}"
        return expiry_warning(seen.life, now) if seen.life else ""

    def look(self) -> RouterCertificate | None:
        """Compare what the router presents with what is mounted; None when it does not answer."""
        mounted = self.paths.tls / CERT
        with suppress(OSError, ValueError):
            presented, life = self._presented()
            return RouterCertificate(
                is_mounted_one=presented == _first(read_optional(mounted) or ""),
                is_usable=_is_pair(mounted, self.paths.tls / KEY),
                life=life,
            )
        return None

    def _presented(self) -> tuple[bytes, CertificateLife | None]:
        try:
            return self._handshake(str(self.paths.tls / CA_CERT))
        except (ssl.SSLCertVerificationError, FileNotFoundError):
            return self._handshake("")

    def _handshake(self, ca: str) -> tuple[bytes, CertificateLife | None]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_mode = ssl.CERT_REQUIRED if ca else ssl.CERT_NONE
        if ca:
            context.load_verify_locations(ca)
        with (
            socket.create_connection((LOOPBACK, self.port), timeout=TIMEOUT_SECONDS) as plain,
            context.wrap_socket(plain) as encrypted,
        ):
            found = encrypted.getpeercert() or {}
            life = CertificateLife(_moment(found["notBefore"]), _moment(found["notAfter"])) if ca else None
            return encrypted.getpeercert(binary_form=True) or b"", life


def _first(pem: str) -> bytes:
    """Give the first certificate of a file, which is the one presented; ValueError when there is none."""
    _, begin, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(begin + body + end)


def _is_pair(certificate: Path, key: Path) -> bool:
    with suppress(OSError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        return True
    return False


def _moment(text: object) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC)
