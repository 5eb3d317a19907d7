"""Reads and writes the rows of ``mysql_innodb_cluster_metadata``.

Every ``ensure_*`` and ``remove_*`` function looks first and writes only what differs:
on a cluster that is right it uses up no GTID, so agents may call it as often as they
like. Each says whether it wrote. They need a member that takes writes.

What is written, and where, is what MySQL Shell's AdminAPI writes (createCluster,
addInstance), so that Shell can take the cluster over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from innodb_cluster.effects.mysql import metadata_statements as sql
from innodb_cluster.effects.mysql.metadata_schema import (
    SCHEMA,
    SqlSession,
    ensure_schema,
    read_schema_version,
)
from innodb_cluster.model.metadata import InstanceRow, RouterRow

__all__ = [
    "SCHEMA",
    "PrimaryMode",
    "SqlSession",
    "ensure_cluster_row",
    "ensure_instance_row",
    "ensure_router_account",
    "ensure_router_row",
    "ensure_schema",
    "fill_router_version",
    "forget_other_clusters",
    "read_instances",
    "read_routers",
    "read_schema_version",
    "remove_instance_row",
    "remove_router_row",
]

PrimaryMode = Literal["pm", "mm"]
"""Single-primary or multi-primary, in the metadata's words."""


def ensure_cluster_row(
    session: SqlSession, cluster_id: str, cluster_name: str, group_name: str, primary_mode: PrimaryMode
) -> bool:
    """Register the cluster, or bring its name, group and mode up to date."""
    rows = session.query(sql.READ_CLUSTER, (cluster_id,))
    if not rows:
        session.execute(sql.INSERT_CLUSTER, (cluster_id, cluster_name, primary_mode, group_name))
        return True
    row = rows[0]
    if (row["cluster_name"], row["group_name"], row["primary_mode"]) == (
        cluster_name,
        group_name,
        primary_mode,
    ):
        return False
    session.execute(sql.UPDATE_CLUSTER, (cluster_name, primary_mode, group_name, cluster_id))
    return True


def forget_other_clusters(session: SqlSession, cluster_id: str) -> bool:
    """Remove clusters, members and routers with another cluster id.

    For a restored data directory only, whose metadata speaks of the cluster that it was
    taken from: routers refuse metadata with more than one cluster.
    """
    if not session.query(sql.COUNT_OTHER_CLUSTERS, (cluster_id, cluster_id, cluster_id))[0]["number"]:
        return False
    with _transaction(session):
        for statement in sql.FORGET_OTHER_CLUSTERS:
            session.execute(statement, (cluster_id,))
    return True


def read_instances(session: SqlSession, cluster_id: str) -> tuple[InstanceRow, ...]:
    """Give the registered servers, ordered by the time of their registration."""
    return tuple(_instance(row) for row in session.query(sql.READ_INSTANCES, (cluster_id,)))


def ensure_instance_row(session: SqlSession, cluster_id: str, wanted: InstanceRow) -> bool:
    """Register a server, or bring its row up to date after it got a new identity.

    A server is known by its address. Rows that claim its server_uuid under another
    address, and second rows of the same address (two primaries can insert at once),
    go away: a router would see one member twice.
    """
    if read_instances_about(session, cluster_id, wanted) == [wanted]:
        return False
    with _transaction(session):
        session.query(sql.LOCK_CLUSTER, (cluster_id,))
        rows = session.query(sql.READ_INSTANCES_ABOUT, (cluster_id, wanted.address, wanted.server_uuid))
        same = [row for row in rows if row["address"] == wanted.address]
        for row in rows:
            if row not in same[:1]:
                session.execute(sql.DELETE_INSTANCE, (row["instance_id"], cluster_id))
        if not same:
            session.execute(sql.INSERT_INSTANCE, (cluster_id, *_instance_values(wanted), cluster_id))
        elif _instance(same[0]) != wanted:
            session.execute(
                sql.UPDATE_INSTANCE, (*_instance_values(wanted), same[0]["instance_id"], cluster_id)
            )
    return True


def read_instances_about(session: SqlSession, cluster_id: str, wanted: InstanceRow) -> list[InstanceRow]:
    """Give the rows that have this server's address or its server_uuid."""
    rows = session.query(sql.READ_INSTANCES_ABOUT, (cluster_id, wanted.address, wanted.server_uuid))
    return [_instance(row) for row in rows]


def remove_instance_row(session: SqlSession, cluster_id: str, address: str) -> bool:
    """Take a server out of the metadata; routers stop to send clients there."""
    if not session.query(sql.READ_INSTANCES_ABOUT, (cluster_id, address, "")):
        return False
    session.execute(sql.DELETE_INSTANCE_BY_ADDRESS, (cluster_id, address))
    return True


def read_routers(session: SqlSession, cluster_id: str) -> tuple[RouterRow, ...]:
    """Give the registered routers, ordered by address."""
    return tuple(
        RouterRow(int(row["router_id"]), _text(row["address"]), _text(row["version"]))
        for row in session.query(sql.READ_ROUTERS, (cluster_id,))
    )


def ensure_router_row(session: SqlSession, cluster_id: str, wanted: RouterRow) -> bool:
    """Register a router under its own fixed id.

    Version and attributes of an existing row are the router's to write: it does so at
    every start.
    """
    rows = session.query(sql.READ_ROUTERS_ABOUT, (wanted.router_id, wanted.address))
    same = [row for row in rows if row["router_id"] == wanted.router_id]
    others = [row for row in rows if row["router_id"] != wanted.router_id]
    right = same and (same[0]["address"], same[0]["cluster_id"]) == (wanted.address, cluster_id)
    if right and not others:
        return False
    with _transaction(session):
        for row in others:
            session.execute(sql.DELETE_ROUTER, (row["router_id"],))
        if same:
            session.execute(sql.UPDATE_ROUTER, (wanted.address, cluster_id, wanted.router_id))
        else:
            values = (wanted.router_id, wanted.address, wanted.version or None, cluster_id)
            session.execute(sql.INSERT_ROUTER, values)
    return True


def fill_router_version(session: SqlSession, router_id: int, version: str) -> None:
    """Write the version of a router that has not done so; an empty one says nothing."""
    if version:
        session.execute(sql.FILL_ROUTER_VERSION, (version, router_id))


def remove_router_row(session: SqlSession, router_id: int) -> bool:
    """Take a router out of the metadata."""
    found = session.query(sql.COUNT_ROUTER, (router_id, router_id))[0]["number"]
    if not found:
        return False
    with _transaction(session):
        session.execute(sql.DELETE_ROUTER, (router_id,))
        session.execute(sql.DELETE_ROUTER_STATS, (router_id,))
    return True


def ensure_router_account(session: SqlSession, user: str, password: str) -> bool:
    """Make the account that routers read metadata with, and what it may do.

    An existing account keeps its password: whether that must change, only a login shows.
    The schema must exist, because grants name its tables.
    """
    changed = False
    if not session.query(sql.ACCOUNT_EXISTS, (user,)):
        session.execute(sql.CREATE_ACCOUNT, (user, password))
        changed = True
    grantee = f"'{user}'@'%'"
    held = {
        (_text(row["target"]).lower(), _text(row["privilege"]).upper())
        for row in session.query(sql.READ_GRANTS, (grantee, grantee))
    }
    for target, privileges in sql.ROUTER_GRANTS.items():
        if any((target, privilege) not in held for privilege in privileges):
            session.execute(f"GRANT {', '.join(privileges)} ON {target} TO %s@'%'", (user,))
            changed = True
    return changed


@contextmanager
def _transaction(session: SqlSession) -> Iterator[None]:
    session.execute("START TRANSACTION")
    try:
        yield
    except BaseException:
        session.execute("ROLLBACK")
        raise
    session.execute("COMMIT")


def _instance(row: dict[str, Any]) -> InstanceRow:
    return InstanceRow(
        address=_text(row["address"]),
        server_uuid=_text(row["server_uuid"]),
        server_id=int(row["server_id"] or 0),
        xaddress=_text(row["xaddress"]),
        gr_address=_text(row["gr_address"]),
        recovery_account=_text(row["recovery_account"]),
        recovery_host=_text(row["recovery_host"]),
    )


def _instance_values(row: InstanceRow) -> tuple[str | int, ...]:
    return (
        row.address,
        row.server_uuid,
        row.address,
        row.address,
        row.xaddress,
        row.gr_address,
        row.server_id,
        row.recovery_account,
        row.recovery_host,
    )


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes | bytearray) else str(value or "")
