"""Every SQL statement about servers, the group and accounts, in one place.

Metadata statements are in ``metadata.py`` beside the schema they speak to.
"""

SERVER = """
SELECT @@GLOBAL.server_uuid AS server_uuid,
       @@GLOBAL.version AS version,
       @@GLOBAL.super_read_only AS super_read_only,
       @@GLOBAL.offline_mode AS offline_mode,
       @@GLOBAL.gtid_executed AS gtid_executed,
       @@GLOBAL.gtid_purged AS gtid_purged,
       @@GLOBAL.group_replication_group_name AS group_name,
       @@GLOBAL.group_replication_single_primary_mode AS single_primary_mode,
       @@GLOBAL.group_replication_bootstrap_group AS bootstrap_flag,
       @@GLOBAL.report_user AS started_with,
       @@GLOBAL.auto_increment_increment AS increment,
       @@GLOBAL.auto_increment_offset AS offset
"""

VIEW = """
SELECT MEMBER_ID AS server_uuid, MEMBER_HOST AS host, MEMBER_STATE AS state,
       MEMBER_ROLE AS role, MEMBER_VERSION AS version
  FROM performance_schema.replication_group_members
"""

VIEW_ID = """
SELECT VIEW_ID AS view_id FROM performance_schema.replication_group_member_stats
 WHERE MEMBER_ID = @@GLOBAL.server_uuid
"""

RECEIVED = """
SELECT applier.RECEIVED_TRANSACTION_SET AS received, recovery.LAST_ERROR_NUMBER AS recovery_error
  FROM performance_schema.replication_connection_status AS applier
  LEFT JOIN performance_schema.replication_connection_status AS recovery
    ON recovery.CHANNEL_NAME = 'group_replication_recovery'
 WHERE applier.CHANNEL_NAME = 'group_replication_applier'
"""

OWN_STATE = """
SELECT MEMBER_STATE AS state FROM performance_schema.replication_group_members
 WHERE MEMBER_ID = @@GLOBAL.server_uuid
"""

SET_GROUP_NAME = "SET GLOBAL group_replication_group_name = %s"
SET_LOCAL_ADDRESS = "SET GLOBAL group_replication_local_address = %s"
CLONE_FIRST = "SET GLOBAL group_replication_clone_threshold = 1"
# Takes CLONE_FIRST back (the default is the greatest number), and leaves what serverConfig.mycnf asks for.
BINARY_LOGS_FIRST = (
    "SET GLOBAL group_replication_clone_threshold = CAST(IF(@@GLOBAL.group_replication_clone_threshold = 1, "
    "9223372036854775807, @@GLOBAL.group_replication_clone_threshold) AS SIGNED)"
)
SET_GROUP_SEEDS = "SET GLOBAL group_replication_group_seeds = %s"
SET_SINGLE_PRIMARY = (
    "SET GLOBAL group_replication_enforce_update_everywhere_checks = OFF",
    "SET GLOBAL group_replication_single_primary_mode = ON",
)
SET_MULTI_PRIMARY = (
    "SET GLOBAL group_replication_single_primary_mode = OFF",
    "SET GLOBAL group_replication_enforce_update_everywhere_checks = ON",
)
SET_AUTO_INCREMENT_INCREMENT = "SET GLOBAL auto_increment_increment = %s"
SET_AUTO_INCREMENT_OFFSET = "SET GLOBAL auto_increment_offset = %s"
SET_RECOVERY_CREDENTIALS = "CHANGE REPLICATION SOURCE TO SOURCE_USER = %s, SOURCE_PASSWORD = %s FOR CHANNEL 'group_replication_recovery'"
BOOTSTRAP_ON = "SET GLOBAL group_replication_bootstrap_group = ON"
BOOTSTRAP_OFF = "SET GLOBAL group_replication_bootstrap_group = OFF"
START_GROUP_REPLICATION = "START GROUP_REPLICATION"
STOP_GROUP_REPLICATION = "STOP GROUP_REPLICATION"
END_OFFLINE_MODE = "SET GLOBAL offline_mode = OFF"

RELOAD_TLS = "ALTER INSTANCE RELOAD TLS"
"""Leaves what is loaded as it is when the files cannot be used; nothing goes to the binary log."""

CERTIFICATE_LIFE = """
SELECT MAX(IF(VARIABLE_NAME = 'Ssl_server_not_before', VARIABLE_VALUE, NULL)) AS begins,
       MAX(IF(VARIABLE_NAME = 'Ssl_server_not_after', VARIABLE_VALUE, NULL)) AS ends
  FROM performance_schema.global_status
 WHERE VARIABLE_NAME IN ('Ssl_server_not_before', 'Ssl_server_not_after')
"""

SWITCH_TO_MULTI_PRIMARY = "SELECT group_replication_switch_to_multi_primary_mode() AS answer"
SWITCH_TO_SINGLE_PRIMARY = "SELECT group_replication_switch_to_single_primary_mode(%s) AS answer"
SET_AS_PRIMARY = "SELECT group_replication_set_as_primary(%s, %s) AS answer"
"""Parameters are the new primary's server_uuid and the seconds that running transactions are given."""

# An open BEGIN counts: set_as_primary waits for it too, and it is in no table of InnoDB's. Timers count picoseconds.
LONG_TRANSACTIONS = """
SELECT COUNT(*) AS number
  FROM performance_schema.events_transactions_current AS transactions
  JOIN performance_schema.threads AS threads USING (thread_id)
 WHERE transactions.state = 'ACTIVE' AND transactions.autocommit = 'NO'
   AND threads.type = 'FOREGROUND' AND threads.processlist_id <> CONNECTION_ID()
   AND transactions.timer_wait > %s * 1000000000000
"""

# Group Replication takes a unique key over whole, non-null columns for a primary key.
UNFIT_TABLES = """
SELECT CONCAT(t.table_schema, '.', t.table_name) AS name, t.engine <> 'InnoDB' AS is_other_engine
  FROM information_schema.tables AS t
 WHERE t.table_type = 'BASE TABLE' AND t.table_schema NOT IN (
         'mysql', 'sys', 'information_schema', 'performance_schema', 'mysql_innodb_cluster_metadata',
         'mysql_innodb_cluster_metadata_bkp', 'mysql_innodb_cluster_metadata_previous'
       )
   AND (
     t.engine <> 'InnoDB'
     OR NOT EXISTS (
       SELECT 1 FROM information_schema.statistics AS s
        WHERE s.table_schema = t.table_schema AND s.table_name = t.table_name AND s.non_unique = 0
        GROUP BY s.index_name
       HAVING SUM(s.nullable = 'YES' OR s.sub_part IS NOT NULL OR s.column_name IS NULL) = 0
     )
   )
 ORDER BY name
"""

CASCADING_TABLES = """
SELECT DISTINCT CONCAT(constraint_schema, '.', table_name) AS name
  FROM information_schema.referential_constraints
 WHERE constraint_schema NOT IN ('mysql', 'sys', 'mysql_innodb_cluster_metadata')
   AND (delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
        OR update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT'))
 ORDER BY name
"""

DROP_USER = "DROP USER IF EXISTS %s@%s"
ALTER_USER = "ALTER USER %s@%s IDENTIFIED BY %s"
GRANT_ALL = "GRANT ALL PRIVILEGES ON *.* TO %s@%s WITH GRANT OPTION"
GRANT_RECOVERY = (
    "GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM, CONNECTION_ADMIN ON *.* TO "
)
USER_MAY = {
    GRANT_ALL: "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s AND grant_priv = 'Y'",
    GRANT_RECOVERY: "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s AND repl_slave_priv = 'Y'",
}
"""Whether an account is there and was given this: whoever was killed after CREATE USER left one that may do nothing."""
USER_EXISTS = "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s"
"""Parameters are the account's two parts; a password reaches the server as a parameter too."""


def create_users(count: int) -> str:
    """Give the statement that makes so many accounts; parameters are name, host and password of each in turn."""
    return f"CREATE USER IF NOT EXISTS {', '.join(['%s@%s IDENTIFIED BY %s'] * count)}"


def grant_recovery(count: int) -> str:
    """Give the statement that lets so many accounts recover from this server; parameters are name and host of each."""
    return GRANT_RECOVERY + ", ".join(["%s@%s"] * count)
