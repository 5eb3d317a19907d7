"""SQL about the rows of ``mysql_innodb_cluster_metadata``.

JSON attributes are changed key by key: what MySQL Shell or a person added stays.
Numbers in them are CAST to UNSIGNED, because routers read ``server_id`` as such.
"""

READ_CLUSTER = """
SELECT cluster_name, primary_mode, attributes ->> '$.group_replication_group_name' AS group_name
FROM mysql_innodb_cluster_metadata.clusters WHERE cluster_id = %s
"""

# stats_updates_frequency: a minute; left open, a router with a short metadata TTL writes a transaction every 5 s.
# manualStartOnBoot: agents start Group Replication, so Shell must leave start_on_boot OFF.
INSERT_CLUSTER = """
INSERT INTO mysql_innodb_cluster_metadata.clusters
  (cluster_id, cluster_name, description, cluster_type, primary_mode, attributes, router_options, options)
VALUES (
  %s, %s, 'Default Cluster', 'gr', %s,
  JSON_OBJECT(
    'adopted', CAST(0 AS UNSIGNED),
    'default', CAST('true' AS JSON),
    'capabilities', JSON_OBJECT(
      'communicationStack', JSON_OBJECT('value', 'MYSQL', 'allow', JSON_ARRAY())
    ),
    'group_replication_group_name', %s,
    'opt_certIssuer', '',
    'opt_gtidSetIsComplete', CAST('false' AS JSON),
    'opt_manualStartOnBoot', CAST('true' AS JSON),
    'opt_memberAuthType', 'PASSWORD',
    'opt_replicationAllowedHost', '%',
    'opt_transactionSizeLimit', CAST(@@GLOBAL.group_replication_transaction_size_limit AS UNSIGNED)
  ),
  JSON_OBJECT(
    'tags', JSON_OBJECT(),
    'guideline', CAST('null' AS JSON),
    'read_only_targets', 'secondaries',
    'stats_updates_frequency', CAST(60 AS UNSIGNED),
    'unreachable_quorum_allowed_traffic', CAST('null' AS JSON)
  ),
  NULL
)
"""

UPDATE_CLUSTER = """
UPDATE mysql_innodb_cluster_metadata.clusters
SET cluster_name = %s, primary_mode = %s,
  attributes = JSON_SET(COALESCE(attributes, '{}'), '$.group_replication_group_name', %s)
WHERE cluster_id = %s
"""

LOCK_CLUSTER = (
    "SELECT cluster_id FROM mysql_innodb_cluster_metadata.clusters WHERE cluster_id = %s FOR UPDATE"
)

COUNT_OTHER_CLUSTERS = """
SELECT
  (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.clusters WHERE cluster_id <> %s)
  + (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.instances WHERE cluster_id <> %s)
  + (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.routers WHERE NOT cluster_id <=> %s) AS number
"""

FORGET_OTHER_CLUSTERS = (
    """
DELETE FROM mysql_innodb_cluster_metadata.router_stats WHERE router_id IN (
  SELECT router_id FROM mysql_innodb_cluster_metadata.routers WHERE NOT cluster_id <=> %s
)
""",
    "DELETE FROM mysql_innodb_cluster_metadata.routers WHERE NOT cluster_id <=> %s",
    "DELETE FROM mysql_innodb_cluster_metadata.router_rest_accounts WHERE cluster_id <> %s",
    "DELETE FROM mysql_innodb_cluster_metadata.routing_guidelines WHERE cluster_id <> %s",
    "DELETE FROM mysql_innodb_cluster_metadata.instances WHERE cluster_id <> %s",
    "DELETE FROM mysql_innodb_cluster_metadata.clusters WHERE cluster_id <> %s",
)

_INSTANCE_COLUMNS = """
SELECT instance_id, address, mysql_server_uuid AS server_uuid,
  addresses ->> '$.mysqlX' AS xaddress,
  addresses ->> '$.grLocal' AS gr_address,
  CAST(attributes ->> '$.server_id' AS UNSIGNED) AS server_id,
  attributes ->> '$.recoveryAccountUser' AS recovery_account,
  attributes ->> '$.recoveryAccountHost' AS recovery_host
FROM mysql_innodb_cluster_metadata.instances
"""

READ_INSTANCES = _INSTANCE_COLUMNS + "WHERE cluster_id = %s ORDER BY instance_id"
READ_INSTANCES_ABOUT = (
    _INSTANCE_COLUMNS
    + "WHERE cluster_id = %s AND (address = %s OR mysql_server_uuid = %s) ORDER BY instance_id"
)

# The first member made the group; every later one joined it, and Shell notes when.
INSERT_INSTANCE = """
INSERT INTO mysql_innodb_cluster_metadata.instances
  (cluster_id, address, mysql_server_uuid, instance_name, addresses, attributes, instance_type)
SELECT
  %s, %s, %s, %s,
  JSON_OBJECT('mysqlClassic', %s, 'mysqlX', %s, 'grLocal', %s),
  JSON_MERGE_PATCH(
    JSON_OBJECT(
      'server_id', CAST(%s AS UNSIGNED),
      'opt_certSubject', '',
      'recoveryAccountUser', %s,
      'recoveryAccountHost', %s
    ),
    IF(members.number = 0, '{}', JSON_OBJECT('joinTime', CAST(NOW(6) AS CHAR)))
  ),
  'group-member'
FROM (SELECT COUNT(*) AS number FROM mysql_innodb_cluster_metadata.instances WHERE cluster_id = %s) AS members
"""

UPDATE_INSTANCE = """
UPDATE mysql_innodb_cluster_metadata.instances
SET address = %s, mysql_server_uuid = %s, instance_name = %s,
  addresses = JSON_SET(addresses, '$.mysqlClassic', %s, '$.mysqlX', %s, '$.grLocal', %s),
  attributes = JSON_SET(
    COALESCE(attributes, '{}'),
    '$.server_id', CAST(%s AS UNSIGNED),
    '$.recoveryAccountUser', %s,
    '$.recoveryAccountHost', %s,
    '$.joinTime', CAST(NOW(6) AS CHAR)
  )
WHERE instance_id = %s AND cluster_id = %s
"""

DELETE_INSTANCE = (
    "DELETE FROM mysql_innodb_cluster_metadata.instances WHERE instance_id = %s AND cluster_id = %s"
)
DELETE_INSTANCE_BY_ADDRESS = (
    "DELETE FROM mysql_innodb_cluster_metadata.instances WHERE cluster_id = %s AND address = %s"
)

READ_ROUTERS = """
SELECT router_id, address, version FROM mysql_innodb_cluster_metadata.routers
WHERE cluster_id = %s ORDER BY address
"""
READ_ROUTERS_ABOUT = """
SELECT router_id, address, cluster_id FROM mysql_innodb_cluster_metadata.routers
WHERE router_id = %s OR (address = %s AND router_name = '')
"""
INSERT_ROUTER = """
INSERT INTO mysql_innodb_cluster_metadata.routers
  (router_id, router_name, product_name, address, version, cluster_id, attributes)
VALUES (
  %s, '', 'MySQL Router', %s, %s, %s,
  JSON_OBJECT(
    'RWEndpoint', '6446', 'ROEndpoint', '6447', 'RWSplitEndpoint', '6450',
    'RWXEndpoint', '6448', 'ROXEndpoint', '6449',
    'MetadataUser', 'mysqlrouter', 'bootstrapTargetType', 'cluster'
  )
)
"""
UPDATE_ROUTER = """
UPDATE mysql_innodb_cluster_metadata.routers SET address = %s, router_name = '', cluster_id = %s
WHERE router_id = %s
"""
FILL_ROUTER_VERSION = """
UPDATE mysql_innodb_cluster_metadata.routers SET version = %s WHERE router_id = %s AND version IS NULL
"""
COUNT_ROUTER = """
SELECT
  (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.routers WHERE router_id = %s)
  + (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.router_stats WHERE router_id = %s) AS number
"""
DELETE_ROUTER = "DELETE FROM mysql_innodb_cluster_metadata.routers WHERE router_id = %s"
DELETE_ROUTER_STATS = "DELETE FROM mysql_innodb_cluster_metadata.router_stats WHERE router_id = %s"

ACCOUNT_EXISTS = "SELECT user FROM mysql.user WHERE user = %s AND host = '%'"
CREATE_ACCOUNT = "CREATE USER IF NOT EXISTS %s@'%' IDENTIFIED BY %s"
READ_GRANTS = """
SELECT CONCAT(table_schema, '.*') AS target, privilege_type AS privilege
FROM information_schema.schema_privileges WHERE grantee = %s
UNION ALL
SELECT CONCAT(table_schema, '.', table_name) AS target, privilege_type AS privilege
FROM information_schema.table_privileges WHERE grantee = %s
"""
ROUTER_GRANTS = {
    "performance_schema.global_variables": ("SELECT",),
    "performance_schema.replication_group_members": ("SELECT",),
    "performance_schema.replication_group_member_stats": ("SELECT",),
    "mysql_innodb_cluster_metadata.router_stats": ("INSERT", "UPDATE"),
    "mysql_innodb_cluster_metadata.routers": ("INSERT", "UPDATE", "DELETE"),
    "mysql_innodb_cluster_metadata.v2_routers": ("INSERT", "UPDATE", "DELETE"),
    "mysql_innodb_cluster_metadata.*": ("SELECT", "EXECUTE"),
}
"""Tried on a live group with MySQL Router 9.7.4: each is needed, no more is.

Given in this order, what a router reads with last: it writes its version and settings into its row as soon as it can read
the metadata, and when that is refused it never tries again."""
