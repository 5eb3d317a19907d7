"""The certificate that a server has loaded: until when it is valid, and how it is replaced by what is mounted."""

from datetime import UTC, datetime

from innodb_cluster.effects.mysql import statements
from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.certificates import CertificateLife

_FORMAT = "%b %d %H:%M:%S %Y GMT"
"""As OpenSSL prints an ASN.1 time."""


def reload(session: Session) -> None:
    """Load the files again, for new connections of the classic protocol and of Group Replication.

    The X protocol keeps what it loaded when mysqld started: it cannot be told (seen on 9.7.4).

    Raises:
        StatementError: they cannot be used; what was loaded before stays.

    """
    session.execute(statements.RELOAD_TLS)


def certificate_life(session: Session) -> CertificateLife | None:
    """Read from when until when the loaded certificate is valid; None when the server started without a usable one."""
    row = session.one(statements.CERTIFICATE_LIFE)
    if not row["begins"]:
        return None
    return CertificateLife(_moment(row["begins"]), _moment(row["ends"]))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)
