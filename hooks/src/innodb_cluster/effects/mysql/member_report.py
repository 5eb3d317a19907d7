"""Asks one server what the status document needs, in three short queries."""

from typing import Any

from innodb_cluster.effects.mysql.metadata_schema import SqlSession
from innodb_cluster.model.observation import MemberRole, MemberState
from innodb_cluster.model.settings import TopologyMode
from innodb_cluster.model.status import ApplierReport, MemberEntry, MemberReport

# Through performance_schema, because @@group_replication_... is an error while the plugin is not loaded.
_VARIABLES = """
SELECT LOWER(variable_name) AS name, variable_value AS value
FROM performance_schema.global_variables
WHERE variable_name IN (
  'server_uuid', 'version', 'super_read_only', 'offline_mode',
  'group_replication_single_primary_mode', 'group_replication_ssl_mode'
)
"""

_VIEW = """
SELECT member_id AS server_uuid, member_host AS host, member_port AS port, member_state AS state,
  member_role AS role, member_version AS version
FROM performance_schema.replication_group_members
WHERE member_id <> ''
"""

# A worker that applies nothing has no APPLYING_TRANSACTION; the oldest one that is being applied is the lag.
_APPLIER = """
SELECT
  COALESCE(MIN(service_state = 'ON'), 0) AS running,
  TIMESTAMPDIFF(
    MICROSECOND,
    MIN(IF(applying_transaction = '', NULL, NULLIF(applying_transaction_immediate_commit_timestamp, 0))),
    NOW(6)
  ) AS lag_microseconds
FROM performance_schema.replication_applier_status_by_worker
WHERE channel_name = 'group_replication_applier'
"""

_SCHEMA_IS_THERE = """
SELECT table_name AS name FROM information_schema.tables
WHERE table_schema = 'mysql_innodb_cluster_metadata' AND table_name = 'v2_instances'
"""

_REGISTERED = "SELECT address FROM mysql_innodb_cluster_metadata.v2_instances ORDER BY instance_id"


def read_member_report(session: SqlSession, address: str) -> MemberReport:
    """Ask a server; ``address`` is the one that it is configured with."""
    variables = {str(row["name"]): str(row["value"]) for row in session.query(_VARIABLES)}
    view = tuple(_entry(row) for row in session.query(_VIEW))
    uuid = variables.get("server_uuid", "")
    own = next((entry for entry in view if entry.server_uuid == uuid), None)
    state = own.state if own else MemberState.OFFLINE
    applier = session.query(_APPLIER)[0]
    lag = applier["lag_microseconds"]
    single = variables.get("group_replication_single_primary_mode", "ON") == "ON"
    return MemberReport(
        address=address,
        server_uuid=uuid,
        state=state,
        version=variables.get("version", ""),
        mode=TopologyMode.SINGLE_PRIMARY if single else TopologyMode.MULTI_PRIMARY,
        ssl_mode=variables.get("group_replication_ssl_mode", ""),
        super_read_only=variables.get("super_read_only") == "ON",
        offline_mode=variables.get("offline_mode") == "ON",
        applier=ApplierReport(bool(applier["running"]), None if lag is None else int(lag)),
        view=view if state.in_group else (),
    )


def read_registered_addresses(session: SqlSession) -> tuple[str, ...]:
    """Give the members that the metadata knows; none before it is there."""
    if not session.query(_SCHEMA_IS_THERE):
        return ()
    return tuple(str(row["address"]) for row in session.query(_REGISTERED))


def _entry(row: dict[str, Any]) -> MemberEntry:
    return MemberEntry(
        server_uuid=str(row["server_uuid"]),
        address=f"{row['host']}:{row['port']}",
        state=MemberState(row["state"]),
        role=MemberRole(row["role"] or ""),
        version=str(row["version"] or ""),
    )
