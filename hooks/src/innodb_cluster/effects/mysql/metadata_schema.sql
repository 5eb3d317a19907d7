DELIMITER ;;
-- Metadata of an InnoDB Cluster, schema version 2.4.0: what MySQL Router 9.7 reads at
-- run time and MySQL Shell 9.6 or later takes for its own (same tables, views, columns).
--
-- Every statement is one object, and can be run again. The version view is not here: it
-- says 0.0.0 ("being changed": routers keep their routes) until the last object exists.
--
-- Left out on purpose: the v2_cs_* and v2_set_*cs_* procedures (ClusterSet, which this
-- chart does not make), and the cascading foreign key from router_stats to routers, since
-- Group Replication refuses writes to such a table in multi-primary mode (error 3098).

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.clustersets (
  clusterset_id   VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  domain_name     VARCHAR(63) NOT NULL,
  options         JSON,
  attributes      JSON,
  router_options  JSON,
  topology_type   ENUM('SINGLE-PRIMARY-STAR'),
  PRIMARY KEY (clusterset_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.clusters (
  cluster_id      CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  cluster_name    VARCHAR(63) NOT NULL,
  description     TEXT,
  options         JSON,
  attributes      JSON,
  cluster_type    ENUM('gr', 'ar') NOT NULL,
  primary_mode    ENUM('pm', 'mm') NOT NULL DEFAULT 'pm',
  router_options  JSON,
  clusterset_id   VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci DEFAULT NULL,
  PRIMARY KEY (cluster_id),
  UNIQUE KEY (cluster_name)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.instances (
  instance_id        INT UNSIGNED NOT NULL AUTO_INCREMENT,
  cluster_id         CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  address            VARCHAR(265) CHARACTER SET ascii COLLATE ascii_general_ci,
  mysql_server_uuid  CHAR(36) NOT NULL,
  instance_name      VARCHAR(265) NOT NULL,
  addresses          JSON NOT NULL,
  attributes         JSON,
  description        TEXT,
  instance_type      ENUM('group-member', 'async-member', 'read-replica') NOT NULL,
  PRIMARY KEY (instance_id, cluster_id),
  FOREIGN KEY (cluster_id) REFERENCES mysql_innodb_cluster_metadata.clusters (cluster_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.async_cluster_views (
  cluster_id          CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  view_id             INT UNSIGNED NOT NULL,
  topology_type       ENUM('SINGLE-PRIMARY-TREE'),
  view_change_reason  VARCHAR(32) NOT NULL,
  view_change_time    TIMESTAMP(6) NOT NULL,
  view_change_info    JSON NOT NULL,
  attributes          JSON NOT NULL,
  PRIMARY KEY (cluster_id, view_id),
  INDEX (view_id),
  FOREIGN KEY (cluster_id) REFERENCES mysql_innodb_cluster_metadata.clusters (cluster_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.async_cluster_members (
  cluster_id          CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  view_id             INT UNSIGNED NOT NULL,
  instance_id         INT UNSIGNED NOT NULL,
  master_instance_id  INT UNSIGNED,
  primary_master      BOOL NOT NULL,
  attributes          JSON NOT NULL,
  PRIMARY KEY (cluster_id, view_id, instance_id),
  INDEX (view_id),
  INDEX (instance_id),
  FOREIGN KEY (cluster_id, view_id)
    REFERENCES mysql_innodb_cluster_metadata.async_cluster_views (cluster_id, view_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.clusterset_views (
  clusterset_id       VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  view_id             BIGINT UNSIGNED NOT NULL,
  topology_type       ENUM('SINGLE-PRIMARY-TREE'),
  view_change_reason  VARCHAR(32) NOT NULL,
  view_change_time    TIMESTAMP(6) NOT NULL,
  view_change_info    JSON NOT NULL,
  attributes          JSON NOT NULL,
  PRIMARY KEY (clusterset_id, view_id),
  INDEX (view_id),
  FOREIGN KEY (clusterset_id) REFERENCES mysql_innodb_cluster_metadata.clustersets (clusterset_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.clusterset_members (
  clusterset_id      VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  view_id            BIGINT UNSIGNED NOT NULL,
  cluster_id         VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  master_cluster_id  VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci,
  primary_cluster    BOOL NOT NULL,
  attributes         JSON NOT NULL,
  PRIMARY KEY (clusterset_id, view_id, cluster_id),
  INDEX (view_id),
  INDEX (cluster_id),
  FOREIGN KEY (clusterset_id, view_id)
    REFERENCES mysql_innodb_cluster_metadata.clusterset_views (clusterset_id, view_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.routers (
  router_id      INT UNSIGNED NOT NULL AUTO_INCREMENT,
  router_name    VARCHAR(265) NOT NULL,
  product_name   VARCHAR(128) NOT NULL,
  address        VARCHAR(256) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  version        VARCHAR(12) DEFAULT NULL,
  last_check_in  TIMESTAMP NULL DEFAULT NULL,
  attributes     JSON,
  cluster_id     CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci DEFAULT NULL,
  options        JSON DEFAULT NULL,
  clusterset_id  VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci DEFAULT NULL,
  PRIMARY KEY (router_id),
  UNIQUE KEY (address, router_name)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.router_stats (
  router_id      INT UNSIGNED NOT NULL,
  last_check_in  TIMESTAMP NULL DEFAULT NULL,
  PRIMARY KEY (router_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.router_rest_accounts (
  cluster_id             CHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  user                   VARCHAR(256) NOT NULL,
  authentication_method  VARCHAR(64) NOT NULL DEFAULT 'modular_crypt_format',
  authentication_string  TEXT CHARACTER SET ascii COLLATE ascii_general_ci DEFAULT NULL,
  description            VARCHAR(255) DEFAULT NULL,
  privileges             JSON,
  attributes             JSON DEFAULT NULL,
  PRIMARY KEY (cluster_id, user)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE TABLE IF NOT EXISTS mysql_innodb_cluster_metadata.routing_guidelines (
  guideline_id       VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci NOT NULL,
  name               VARCHAR(63) NOT NULL,
  guideline          JSON,
  clusterset_id      VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci,
  cluster_id         VARCHAR(36) CHARACTER SET ascii COLLATE ascii_general_ci,
  last_update        TIMESTAMP,
  default_guideline  BOOL NOT NULL,
  PRIMARY KEY (guideline_id),
  UNIQUE KEY (name),
  FOREIGN KEY (clusterset_id) REFERENCES mysql_innodb_cluster_metadata.clustersets (clusterset_id),
  FOREIGN KEY (cluster_id) REFERENCES mysql_innodb_cluster_metadata.clusters (cluster_id)
) CHARACTER SET utf8mb4 ROW_FORMAT = DYNAMIC;;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_clusters AS
SELECT cluster_type, primary_mode, cluster_id, cluster_name, router_options
FROM mysql_innodb_cluster_metadata.clusters;;

-- Routers write their own defaults into router_options through this view.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_gr_clusters AS
SELECT
  cluster_type, primary_mode, cluster_id, cluster_name,
  attributes ->> '$.group_replication_group_name' AS group_name,
  attributes, options, router_options, description, clusterset_id
FROM mysql_innodb_cluster_metadata.clusters
WHERE cluster_type = 'gr';;

-- A router asks the last known primary first, twice a refresh, and waits a second each time for one that is dead (ADR 30).
-- So its account alone does not see who is out of the group, while more than half of all servers are in it.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_instances AS
SELECT
  instance_id, cluster_id, instance_name AS label, mysql_server_uuid, address,
  addresses ->> '$.mysqlClassic' AS endpoint,
  addresses ->> '$.mysqlX' AS xendpoint,
  JSON_INSERT(attributes, '$.instance_type', instance_type) AS attributes,
  instance_type
FROM mysql_innodb_cluster_metadata.instances
WHERE USER() NOT LIKE 'mysqlrouter@%'
  OR mysql_server_uuid IN (
    SELECT member_id
    FROM performance_schema.replication_group_members
    WHERE member_state IN ('ONLINE', 'RECOVERING')
  )
  OR (
    SELECT 2 * COUNT(*)
    FROM performance_schema.replication_group_members
    WHERE member_state IN ('ONLINE', 'RECOVERING')
  ) <= (SELECT COUNT(*) FROM mysql_innodb_cluster_metadata.instances);;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_this_instance AS
SELECT member.cluster_id, member.instance_id, member.instance_type, cluster.cluster_name, cluster.cluster_type
FROM mysql_innodb_cluster_metadata.v2_instances AS member
INNER JOIN mysql_innodb_cluster_metadata.clusters AS cluster ON cluster.cluster_id = member.cluster_id
WHERE member.mysql_server_uuid = (
  SELECT CONVERT(variable_value USING utf8mb4) COLLATE utf8mb4_general_ci
  FROM performance_schema.global_variables
  WHERE variable_name = 'server_uuid'
);;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_ar_clusters AS
SELECT
  newest.view_id, cluster.cluster_type, cluster.primary_mode, newest.topology_type AS async_topology_type,
  cluster.cluster_id, cluster.cluster_name, cluster.attributes, cluster.options, cluster.router_options,
  cluster.description, cluster.clusterset_id
FROM mysql_innodb_cluster_metadata.clusters AS cluster
INNER JOIN mysql_innodb_cluster_metadata.async_cluster_views AS newest ON newest.cluster_id = cluster.cluster_id
WHERE cluster.cluster_type = 'ar' AND newest.view_id = (
  SELECT MAX(every.view_id)
  FROM mysql_innodb_cluster_metadata.async_cluster_views AS every
  WHERE every.cluster_id = cluster.cluster_id
);;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_ar_members AS
SELECT
  link.view_id, member.cluster_id, member.instance_id, member.instance_name AS label,
  member.mysql_server_uuid AS member_id,
  IF(link.primary_master, 'PRIMARY', 'SECONDARY') AS member_role,
  link.master_instance_id, source.mysql_server_uuid AS master_member_id
FROM mysql_innodb_cluster_metadata.instances AS member
LEFT JOIN mysql_innodb_cluster_metadata.async_cluster_members AS link
  ON link.cluster_id = member.cluster_id AND link.instance_id = member.instance_id
LEFT JOIN mysql_innodb_cluster_metadata.instances AS source ON source.instance_id = link.master_instance_id
WHERE link.view_id = (
  SELECT MAX(every.view_id)
  FROM mysql_innodb_cluster_metadata.async_cluster_views AS every
  WHERE every.cluster_id = member.cluster_id
);;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_cs_clustersets AS
SELECT
  newest.view_id, newest.topology_type AS async_topology_type, fleet.clusterset_id, fleet.domain_name,
  fleet.attributes, fleet.options, fleet.router_options
FROM mysql_innodb_cluster_metadata.clustersets AS fleet
INNER JOIN mysql_innodb_cluster_metadata.clusterset_views AS newest ON newest.clusterset_id = fleet.clusterset_id
WHERE newest.view_id = (
  SELECT MAX(every.view_id)
  FROM mysql_innodb_cluster_metadata.clusterset_views AS every
  WHERE every.clusterset_id = fleet.clusterset_id
);;

-- A cluster that belongs to a ClusterSet but has no row in its newest view was invalidated.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_cs_members AS
SELECT
  (
    SELECT MAX(every.view_id)
    FROM mysql_innodb_cluster_metadata.clusterset_views AS every
    WHERE every.clusterset_id = cluster.clusterset_id
  ) AS view_id,
  cluster.clusterset_id, cluster.cluster_id, cluster.cluster_name,
  CASE link.primary_cluster WHEN 1 THEN 'PRIMARY' WHEN 0 THEN 'REPLICA' END AS member_role,
  link.master_cluster_id, (link.view_id IS NULL) AS invalidated
FROM mysql_innodb_cluster_metadata.clusters AS cluster
LEFT JOIN mysql_innodb_cluster_metadata.clusterset_members AS link
  ON link.clusterset_id = cluster.clusterset_id AND link.cluster_id = cluster.cluster_id
  AND link.view_id = (
    SELECT MAX(other.view_id)
    FROM mysql_innodb_cluster_metadata.clusterset_members AS other
    WHERE other.clusterset_id = cluster.clusterset_id
  )
WHERE cluster.clusterset_id IS NOT NULL;;

-- Routers insert and update their own rows through this view.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_routers AS
SELECT
  router_id, cluster_id, router_name, product_name, address, version, last_check_in, attributes, options,
  clusterset_id
FROM mysql_innodb_cluster_metadata.routers;;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_router_rest_accounts AS
SELECT cluster_id, user, authentication_method, authentication_string, description, privileges, attributes
FROM mysql_innodb_cluster_metadata.router_rest_accounts;;

CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_cs_router_options AS
SELECT
  router.router_id, CONCAT(router.address, '::', router.router_name) AS router_label, router.clusterset_id,
  JSON_MERGE_PATCH(
    (
      SELECT COALESCE(fleet.router_options, '{}')
      FROM mysql_innodb_cluster_metadata.clustersets AS fleet
      WHERE fleet.clusterset_id = router.clusterset_id
    ),
    COALESCE(router.options, '{}')
  ) AS router_options
FROM mysql_innodb_cluster_metadata.routers AS router;;

-- The router's own options win over its cluster's, and these over its ClusterSet's.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW mysql_innodb_cluster_metadata.v2_router_options AS
SELECT
  router.router_id, CONCAT(router.address, '::', router.router_name) AS router_label,
  router.cluster_id, router.clusterset_id,
  JSON_MERGE_PATCH(
    COALESCE(fleet.router_options, '{}'), COALESCE(cluster.router_options, '{}'), COALESCE(router.options, '{}')
  ) AS router_options
FROM mysql_innodb_cluster_metadata.routers AS router
LEFT JOIN mysql_innodb_cluster_metadata.clusters AS cluster ON cluster.cluster_id = router.cluster_id
LEFT JOIN mysql_innodb_cluster_metadata.clustersets AS fleet ON fleet.clusterset_id = router.clusterset_id;;

CREATE PROCEDURE IF NOT EXISTS mysql_innodb_cluster_metadata.v2_set_global_cluster_router_option(
  id VARCHAR(36), option_name VARCHAR(100), option_value JSON
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Sets one routing option of a cluster; NULL removes it'
UPDATE mysql_innodb_cluster_metadata.clusters AS cluster
SET cluster.router_options = IF(
  option_value IS NULL,
  JSON_REMOVE(cluster.router_options, CONCAT('$.', option_name)),
  JSON_SET(COALESCE(cluster.router_options, '{}'), CONCAT('$.', option_name), option_value)
)
WHERE cluster.cluster_id = id;;

CREATE PROCEDURE IF NOT EXISTS mysql_innodb_cluster_metadata.v2_set_cluster_routing_option(
  router VARCHAR(512), cluster_id VARCHAR(36), option_name VARCHAR(100), option_value JSON
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Sets one option of a router, named address::name; NULL removes it'
BEGIN
  DECLARE found_id INT UNSIGNED DEFAULT NULL;
  DECLARE complaint VARCHAR(600) DEFAULT CONCAT('Router ', QUOTE(router), ' is not part of this Cluster');

  SELECT candidate.router_id INTO found_id
  FROM mysql_innodb_cluster_metadata.routers AS candidate
  WHERE candidate.cluster_id = cluster_id
    AND candidate.address = SUBSTRING_INDEX(router, '::', 1)
    AND candidate.router_name = IF(LOCATE('::', router) > 0, SUBSTRING_INDEX(router, '::', -1), '');

  IF found_id IS NULL THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = complaint;
  END IF;

  UPDATE mysql_innodb_cluster_metadata.routers AS chosen
  SET chosen.options = IF(
    option_value IS NULL,
    JSON_REMOVE(chosen.options, CONCAT('$.', option_name)),
    JSON_SET(COALESCE(chosen.options, '{}'), CONCAT('$.', option_name), option_value)
  )
  WHERE chosen.router_id = found_id;
END;;
