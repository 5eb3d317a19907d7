"""Rows of ``mysql_innodb_cluster_metadata``, as far as this chart writes them."""

from dataclasses import dataclass

from innodb_cluster.model.names import MYSQL_PORT, MYSQLX_PORT, Names, recovery_account, router_id


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One server that belongs to the cluster, as MySQL Shell's ``addInstance()`` registers it."""

    address: str
    """``host:port`` that the server reports to its group; also its label."""
    server_uuid: str
    server_id: int
    xaddress: str
    """``host:port`` of X Protocol."""
    gr_address: str
    """``group_replication_local_address``; with communication stack MYSQL the same as ``address``."""
    recovery_account: str
    recovery_host: str = "%"

    @property
    def key(self) -> tuple[str, int, str, str, str, str]:
        """Everything but the address, comparable with what a row holds."""
        return (
            self.server_uuid,
            self.server_id,
            self.xaddress,
            self.gr_address,
            self.recovery_account,
            self.recovery_host,
        )


@dataclass(frozen=True, slots=True)
class RouterRow:
    """One router pod, as ``mysqlrouter --bootstrap`` would register it."""

    router_id: int
    address: str
    """Name of the pod."""
    version: str = ""
    """Written once; the router itself keeps it up to date."""


def instance_row(names: Names, pod: str, server_uuid: str, server_id: int) -> InstanceRow:
    """Give the row of a server pod."""
    address = f"{names.host(pod)}:{MYSQL_PORT}"
    return InstanceRow(
        address=address,
        server_uuid=server_uuid,
        server_id=server_id,
        xaddress=f"{names.host(pod)}:{MYSQLX_PORT}",
        gr_address=address,
        recovery_account=recovery_account(server_id),
    )


def router_row(pod: str, version: str = "") -> RouterRow:
    """Give the row of a router pod."""
    return RouterRow(router_id(pod), pod, version)
