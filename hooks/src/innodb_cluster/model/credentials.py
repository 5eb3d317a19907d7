"""The root account that users log in with, and the passwords between the cluster's own parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

USER_KEY = "rootUser"
HOST_KEY = "rootHost"
PASSWORD_KEY = "rootPassword"  # noqa: S105 - the name of a key
CREDENTIAL_KEYS = (USER_KEY, HOST_KEY, PASSWORD_KEY)

ADMIN_PASSWORD_KEY = "adminPassword"  # noqa: S105 - the name of a key
INTERNAL_KEYS = (ADMIN_PASSWORD_KEY, "recoverySecret", "routerPassword", "restPassword")
"""Keys of the Secret ``<cluster>-internal``."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """User, host part and password of the root account."""

    user: str
    host: str
    password: str = field(repr=False, default="")

    @classmethod
    def from_data(cls, data: Mapping[str, str]) -> Self:
        """Read a Secret's data; what is absent is empty."""
        return cls(data.get(USER_KEY, ""), data.get(HOST_KEY, ""), data.get(PASSWORD_KEY, ""))

    def to_data(self) -> dict[str, str]:
        """Give a Secret's data."""
        return {USER_KEY: self.user, HOST_KEY: self.host, PASSWORD_KEY: self.password}
