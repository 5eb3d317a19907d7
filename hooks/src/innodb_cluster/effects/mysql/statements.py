"""Every SQL statement about servers, the group and accounts, in one place.

Metadata statements are in ``metadata.py`` beside the schema they speak to.
"""

SERVER = """
SELECT @@GLOBAL.server_uuid AS server_uuid,
       @@GLOBAL.version AS version,
       @@GLOBAL.super_read_only AS super_read_only,
       @@GLOBAL.offline_mode AS offline_mode,
       @@GLOBAL.gtid_executed AS gtid_executed,
       @@GLOBAL.group_replication_group_name AS group_name,
       @@GLOBAL.group_replication_single_primary_mode AS single_primary_mode,
       @@GLOBAL.group_replication_bootstrap_group AS bootstrap_flag
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
SELECT RECEIVED_TRANSACTION_SET AS received FROM performance_schema.replication_connection_status
 WHERE CHANNEL_NAME = 'group_replication_applier'
"""

OWN_STATE = """
SELECT MEMBER_STATE AS state FROM performance_schema.replication_group_members
 WHERE MEMBER_ID = @@GLOBAL.server_uuid
"""

SET_GROUP_NAME = "SET GLOBAL group_replication_group_name = %s"
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
SET_AS_PRIMARY = "SELECT group_replication_set_as_primary(%s)"
END_OFFLINE_MODE = "SET GLOBAL offline_mode = OFF"

CREATE_USER = "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s"
DROP_USER = "DROP USER IF EXISTS %s@%s"
ALTER_USER = "ALTER USER %s@%s IDENTIFIED BY %s"
GRANT_ALL = "GRANT ALL PRIVILEGES ON *.* TO %s@%s WITH GRANT OPTION"
GRANT_RECOVERY = (
    "GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM, CONNECTION_ADMIN ON *.* TO %s@%s"
)
USER_EXISTS = "SELECT 1 FROM mysql.user WHERE user = %s AND host = %s"
"""Parameters are the account's two parts; a password reaches the server as a parameter too."""
