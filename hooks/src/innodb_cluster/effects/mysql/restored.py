"""What a restored server must forget before a group is started on it, and what the group's first member must.

Its relay logs may hold transactions that its old group had certified and it had not
applied: they are not part of the snapshot's GTID set. Its binary logs go, so that the
others are cloned instead of being sent the whole history.
"""

from collections.abc import Collection

from innodb_cluster.effects.mysql.connection import Session
from innodb_cluster.model.names import recovery_password

_CHANNELS = "SELECT CHANNEL_NAME AS name FROM performance_schema.replication_connection_configuration"
_STOP_CHANNEL = "STOP REPLICA FOR CHANNEL %s"
_RESET_CHANNEL = "RESET REPLICA ALL FOR CHANNEL %s"
_GROUP_CHANNELS = {"group_replication_applier", "group_replication_recovery"}
_NEW_BINARY_LOG = "FLUSH BINARY LOGS"
_BINARY_LOGS = "SHOW BINARY LOGS"
_PURGE = "PURGE BINARY LOGS TO %s"
_RECOVERY_ACCOUNTS = (
    "SELECT user AS name FROM mysql.user WHERE user LIKE 'mysql\\_innodb\\_cluster\\_%' AND host = '%'"
)
_DROP_ACCOUNT = "DROP USER IF EXISTS %s@%s"
_ALTER_ACCOUNT = "ALTER USER %s@%s IDENTIFIED BY %s"


def forget_replication(session: Session) -> None:
    """Drop every replication channel and the binary logs; the server must be in no group."""
    for row in session.query(_CHANNELS):
        if row["name"] not in _GROUP_CHANNELS:
            session.execute(_STOP_CHANNEL, (row["name"],))
        session.execute(_RESET_CHANNEL, (row["name"],))
    session.execute(_NEW_BINARY_LOG)
    newest = session.query(_BINARY_LOGS)[-1]
    session.execute(_PURGE, (newest["Log_name"],))


def renew_recovery_accounts(session: Session, wanted: Collection[str], secret: str) -> None:
    """Give the recovery accounts this release's passwords, and drop those of members that there are none of."""
    for row in session.query(_RECOVERY_ACCOUNTS):
        if row["name"] in wanted:
            session.execute(_ALTER_ACCOUNT, (row["name"], "%", recovery_password(secret, row["name"])))
        else:
            session.execute(_DROP_ACCOUNT, (row["name"], "%"))
