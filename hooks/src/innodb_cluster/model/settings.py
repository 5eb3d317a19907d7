"""What the chart's values ask for, as one document without secrets."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.names import MAX_SERVERS, Names
from innodb_cluster.model.snapshot_settings import (
    ClaimSettings,
    RestoreSettings,
    SnapshotSettings,
    parse_claim,
    parse_restore,
    parse_snapshots,
)


class TopologyMode(StrEnum):
    """How many members of the group take writes."""

    SINGLE_PRIMARY = "single-primary"
    MULTI_PRIMARY = "multi-primary"


class TlsMode(StrEnum):
    """Who issues the certificates."""

    SELF_SIGNED = "self-signed"
    OWN = "own"
    CERT_MANAGER = "cert-manager"


class LostQuorum(StrEnum):
    """What agents do while no group is there and servers do not answer."""

    REFUSE = "refuse"
    AUTOMATIC = "automatic"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Names of the certificate Secrets and who makes them."""

    mode: TlsMode
    ca_secret: str
    server_secret: str
    router_secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of one release, as the hooks and the agent read them."""

    names: Names
    server_instances: int
    router_instances: int
    base_server_id: int
    topology_mode: TopologyMode
    topology_primary: str
    root_user: str
    root_host: str
    root_secret: str
    root_secret_is_external: bool
    tls: TlsSettings
    service_name: str
    extra_host_names: tuple[str, ...] = field(default=())
    job_deadline_seconds: int = 600
    topology_mode_is_asked: bool = True
    """Whether the values name a mode; otherwise a running group keeps the one that it has."""
    allow_foreign_key_cascades: bool = False
    """Whether multi-primary mode is taken with tables whose foreign keys cascade."""
    server_version: str = ""
    """Version of MySQL that the server image says it has."""
    lost_quorum: LostQuorum = LostQuorum.REFUSE
    lost_quorum_seconds: int = 300
    """How long no process of the missing servers must have been possible before the others go on without them."""
    hung_seconds: int = 2
    """How long a server may answer nobody before it is ended for the sake of the others; 0: as long as the kubelet lets it."""
    snapshots: SnapshotSettings = field(default=SnapshotSettings())
    restore: RestoreSettings = field(default=RestoreSettings())
    data_claim: ClaimSettings = field(default=ClaimSettings())

    @property
    def pods(self) -> tuple[str, ...]:
        """Name every configured server pod; configured ordinals are what is counted."""
        return self.names.pods(self.server_instances)

    def server_id(self, pod: str) -> int:
        """Give the server_id of a pod: ``baseServerId`` plus its ordinal."""
        return self.base_server_id + self.names.ordinal(pod)


def parse_settings(text: str) -> Settings:
    """Read the settings document.

    Raises:
        ConfigurationError: it is not JSON, or a key is missing or out of range.

    """
    try:
        document: dict[str, Any] = json.loads(text)
        tls = document["tls"]
        settings = Settings(
            names=Names(document["clusterName"], document["namespace"], document["clusterDomain"]),
            server_instances=int(document["serverInstances"]),
            router_instances=int(document["routerInstances"]),
            base_server_id=int(document["baseServerId"]),
            topology_mode=TopologyMode(document["topologyMode"] or TopologyMode.SINGLE_PRIMARY),
            topology_primary=document["topologyPrimary"],
            root_user=document["rootUser"],
            root_host=document["rootHost"],
            root_secret=document["rootSecretName"],
            root_secret_is_external=bool(document["rootSecretIsExternal"]),
            tls=TlsSettings(TlsMode(tls["mode"]), tls["caSecret"], tls["serverSecret"], tls["routerSecret"]),
            service_name=document["serviceName"],
            extra_host_names=tuple(document["extraHostNames"]),
            job_deadline_seconds=int(document["jobDeadlineSeconds"]),
            topology_mode_is_asked=bool(document["topologyMode"]),
            allow_foreign_key_cascades=bool(document.get("allowForeignKeyCascades")),
            server_version=document.get("serverVersion", ""),
            lost_quorum=LostQuorum(document.get("lostQuorum", "refuse")),
            lost_quorum_seconds=int(document.get("lostQuorumSeconds", 300)),
            hung_seconds=int(document.get("hungSeconds", 2)),
            snapshots=parse_snapshots(document.get("snapshots", {})),
            restore=parse_restore(document.get("restore", {})),
            data_claim=parse_claim(document.get("dataClaim", {})),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"the settings document cannot be read: {type(error).__name__}: {error}"
        raise ConfigurationError(reason, "render it with this chart's version") from error
    if not 1 <= settings.server_instances <= MAX_SERVERS:
        reason = f"serverInstances is {settings.server_instances}"
        raise ConfigurationError(reason, f"set it to 1 up to {MAX_SERVERS}")
    return settings
