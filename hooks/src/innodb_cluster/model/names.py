"""Names of objects, hosts and accounts, each derived in one place.

The chart has the same names in ``templates/_names.tpl``; a chart test compares them.
"""

import hashlib
import hmac
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

ADMIN_ACCOUNT = "innodb_cluster_admin"
ROUTER_ACCOUNT = "mysqlrouter"
ROUTER_REST_ACCOUNT = "router"
ROLE_LABEL = "innodb-cluster.mysql/role"
REACHABLE_LABEL = "innodb-cluster.mysql/reachable"
"""Of router pods, which are born with ``yes``; the client Service leads to those that have it."""
MYSQL_PORT = 3306
MYSQLX_PORT = 33060
MAX_SERVERS = 9
"""Group Replication's own limit (MySQL manual, section Group Replication Limitations)."""


@dataclass(frozen=True, slots=True)
class Names:
    """Every name that follows from a release, its namespace and the cluster domain."""

    cluster: str
    namespace: str
    domain: str = "cluster.local"

    def pod(self, ordinal: int) -> str:
        """Name the server pod with this ordinal."""
        return f"{self.cluster}-{ordinal}"

    def pods(self, count: int) -> tuple[str, ...]:
        """Name the first ``count`` server pods, in the order of their ordinals."""
        return tuple(self.pod(ordinal) for ordinal in range(count))

    def ordinal(self, pod: str) -> int:
        """Read the ordinal from a pod's name; raises ValueError for a foreign name."""
        prefix, _, suffix = pod.rpartition("-")
        if prefix != self.cluster:
            message = f"{pod} is not a server pod of {self.cluster}"
            raise ValueError(message)
        return int(suffix)

    def host(self, pod: str) -> str:
        """Give the fully qualified name that a server reports to its group."""
        return f"{pod}.{self.instances_service}.{self.namespace}.svc.{self.domain}"

    def pod_of_host(self, host: str) -> str:
        """Give the pod behind a member's reported host."""
        return host.partition(".")[0]

    def address(self, pod: str) -> str:
        """Give ``host:port`` of a server, as metadata and status show it."""
        return f"{self.host(pod)}:{MYSQL_PORT}"

    @property
    def instances_service(self) -> str:
        """Headless Service of the servers."""
        return f"{self.cluster}-instances"

    @property
    def router(self) -> str:
        """Deployment of the routers."""
        return f"{self.cluster}-router"

    @property
    def state(self) -> str:
        """ConfigMap with the record of the cluster."""
        return f"{self.cluster}-state"

    @property
    def settings(self) -> str:
        """ConfigMap with what the values ask for."""
        return f"{self.cluster}-settings"

    @property
    def mycnf(self) -> str:
        """ConfigMap with ``serverConfig.mycnf``."""
        return f"{self.cluster}-mycnf"

    @property
    def internal_secret(self) -> str:
        """Secret with the passwords of internal accounts."""
        return f"{self.cluster}-internal"

    def claim(self, pod: str) -> str:
        """Name the claim of a server pod's data."""
        return f"data-{pod}"

    @property
    def claims(self) -> tuple[str, ...]:
        """Name every claim that a server of this cluster can have."""
        return tuple(map(self.claim, self.pods(MAX_SERVERS)))

    @property
    def snapshot(self) -> str:
        """CronJob that makes snapshots, and the Lease that lets one run at a time ask for one."""
        return f"{self.cluster}-snapshot"

    @property
    def renew(self) -> str:
        """CronJob that renews certificates; Kubernetes lets the name of one have 52 characters."""
        return f"{self.cluster}-renew"[:52].rstrip("-")

    @property
    def bootstrap_lease(self) -> str:
        """Lease that lets one actor at a time bootstrap a group."""
        return f"{self.cluster}-bootstrap"


def spelled(host: str, number: int) -> str:
    """Give a host's name in the spelling of that number: names are the same in capital and small letters (RFC 4343).

    Number 0 is the name itself, and each bit of the number makes another letter a capital.
    """
    letters = [place for place, character in enumerate(host) if character.isalpha()]
    capitals = {place for bit, place in enumerate(letters) if number >> bit & 1}
    return "".join(
        character.upper() if place in capitals else character for place, character in enumerate(host)
    )


def recovery_account(server_id: int) -> str:
    """Name the recovery account of a member the way MySQL Shell's AdminAPI does."""
    return f"mysql_innodb_cluster_{server_id}"


def recovery_password(secret: str, account: str) -> str:
    """Derive a recovery account's password, so that one Secret serves every member.

    HMAC-SHA256 of the account name as base64url, 32 characters: no more fit into
    ``SOURCE_PASSWORD`` (MySQL manual, CHANGE REPLICATION SOURCE TO). The fixed ending
    satisfies every built-in policy of ``component_validate_password``.
    """
    digest = hmac.new(secret.encode(), account.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).decode()[:28] + "-Aa1"


def router_id(pod: str) -> int:
    """Give a router pod's row id in the metadata, the same wherever it is computed."""
    return zlib.crc32(pod.encode()) & 0x7FFFFFFF
