"""Keeps the certificate that a server presents the one that is mounted, whoever renews that, without a restart."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from innodb_cluster.agent.observer import Observer
from innodb_cluster.decide.expiry import expiry_warning
from innodb_cluster.decide.reloading import ServerCertificate, decide_reload
from innodb_cluster.effects.files.paths import PATHS, Paths
from innodb_cluster.effects.files.store import fingerprint
from innodb_cluster.effects.mysql.connection import QUICK, StatementError
from innodb_cluster.effects.mysql.tls import certificate_life
from innodb_cluster.model.actions import ReloadTls
from innodb_cluster.model.certificates import CA_CERT, CERT, KEY, CertificateLife

log = structlog.get_logger()

EXPIRY_SECONDS = 3600.0
"""How often the end of the loaded certificate is looked at."""


@dataclass(slots=True)
class CertificateKeeper:
    """What one agent remembers of its server's certificate."""

    observer: Observer
    paths: Paths = PATHS
    life: CertificateLife | None = None
    """Of the loaded certificate, as far as it was asked for."""
    _loaded: str = ""
    _refused: tuple[str, float] = field(default=("", float("-inf")))
    _looked_seconds: float = float("-inf")

    def step(self, perform: Callable[[ReloadTls], None]) -> None:
        """Load what is mounted when it is something else, and look at the end of what is loaded now and then."""
        now = self.observer.clock.monotonic_seconds()
        mounted = fingerprint(*(self.paths.tls / name for name in (CA_CERT, CERT, KEY)))
        refused, refused_seconds = self._refused
        seen = ServerCertificate(mounted, self._loaded, refused, now - refused_seconds)
        for action in decide_reload(self.observer.pod, seen):
            try:
                perform(action)
            except StatementError as error:
                self._refused = (mounted, now)
                self._say("CertificateRefused", f"mysqld keeps its certificate: {error.reason}", warning=True)
                continue
            if self._loaded:
                self._say("CertificateLoaded", "mysqld has loaded the certificate that is mounted now")
            self._loaded, self._looked_seconds = mounted, float("-inf")
        if mounted and now - self._looked_seconds > EXPIRY_SECONDS:
            self._looked_seconds = now
            self._warn_of_expiry()

    def _warn_of_expiry(self) -> None:
        with self.observer.connect(self.observer.pod, QUICK) as session:
            self.life = certificate_life(session)
        if self.life and (warning := expiry_warning(self.life, self.observer.clock.now())):
            self._say("CertificateEnds", warning, warning=True)

    def _say(self, reason: str, message: str, *, warning: bool = False) -> None:
        (log.warning if warning else log.info)("the certificate of the server", news=message)
        self.observer.api.emit_event(self.observer.pod, reason, message, warning=warning)
