"""Passwords that the kubelet mounts; read anew each time, because a mounted Secret changes in place."""

from dataclasses import dataclass
from pathlib import Path

from innodb_cluster.model.errors import TemporaryError

INTERNAL = Path("/etc/innodb-cluster/internal")
ROOT = Path("/etc/innodb-cluster/root")


@dataclass(frozen=True, slots=True)
class MountedSecrets:
    """Secrets of the release, by the directories they are mounted at."""

    internal: Path = INTERNAL
    root: Path = ROOT

    @property
    def admin_password(self) -> str:
        """Password of the internal administrator account."""
        return _read(self.internal / "adminPassword")

    @property
    def recovery_secret(self) -> str:
        """What the recovery accounts' passwords are derived from."""
        return _read(self.internal / "recoverySecret")

    @property
    def router_password(self) -> str:
        """Password of the routers' metadata account."""
        return _read(self.internal / "routerPassword")

    @property
    def rest_password(self) -> str:
        """Password of the routers' REST account."""
        return _read(self.internal / "restPassword")

    @property
    def root_user(self) -> str:
        """Name of the root account."""
        return _read(self.root / "rootUser")

    @property
    def root_host(self) -> str:
        """Host part of the root account."""
        return _read(self.root / "rootHost")

    @property
    def root_password(self) -> str:
        """Password of the root account."""
        return _read(self.root / "rootPassword")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = f"cannot read the mounted Secret at {path}: {error.strerror}"
        raise TemporaryError(reason, "check that the Secret exists and has this key") from error
