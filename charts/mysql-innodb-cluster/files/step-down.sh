#!/usr/bin/env bash
# Hands the primary's place to another member before this one stops: the preStop hook of mysqld's container.
#
# A primary that shuts down under load keeps writes that wait for the group's verdict waiting for a minute, its pod with
# them, and the others choose a primary only then. A switchover lets them finish, and clients hardly notice. Where
# nobody can take over, no more writes are let in before mysqld stops.
#
# Whatever happens here, mysqld is stopped afterwards: each step has an end, and none is fatal.
set -uo pipefail

readonly option_file=${INNODB_CLUSTER_OPTION_FILE:-/etc/innodb-cluster/conf/my.cnf}
# Process 1 writes the container's log.
readonly log=${INNODB_CLUSTER_LOG:-/proc/1/fd/1}
readonly look_seconds=2 switch_seconds=8 close_seconds=3
# How long transactions that run may take; the agent's own switchovers give them as long.
readonly transaction_seconds=1
# Routers look for the primary every half second.
readonly notice_seconds=2

say() { printf 'step-down: %s\n' "$*" >>"$log"; }

sql() { timeout "$1" mysql --defaults-file="$option_file" --skip-column-names --batch --execute="$2" 2>&1; }

# This member's role, and who may take its place: an ONLINE member of the same version, by its pod's address.
look() {
  sql "$look_seconds" "
    SELECT own.MEMBER_ROLE, COALESCE(MIN(CONCAT(other.MEMBER_HOST, ' ', other.MEMBER_ID)), '')
      FROM performance_schema.replication_group_members AS own
      LEFT JOIN performance_schema.replication_group_members AS other
        ON other.MEMBER_ID <> own.MEMBER_ID AND other.MEMBER_STATE = 'ONLINE'
        AND other.MEMBER_VERSION = own.MEMBER_VERSION AND other.MEMBER_ROLE = 'SECONDARY'
     WHERE own.MEMBER_ID = @@server_uuid AND own.MEMBER_STATE = 'ONLINE'
     GROUP BY own.MEMBER_ROLE"
}

if ! seen=$(look); then
  say "the server does not answer, or not in time: $seen"
  exit 0
fi
read -r role host successor <<<"$seen"
[[ $role == PRIMARY ]] || exit 0
if [[ -n ${successor:-} ]]; then
  say "this member is the primary and stops: $host takes over"
  if said=$(sql "$switch_seconds" "SELECT group_replication_set_as_primary('$successor', $transaction_seconds)"); then
    say "$host is the primary"
    # A router that still sends clients here and finds the port closed turns all clients away for two seconds.
    sleep "$notice_seconds"
    exit 0
  fi
  say "that did not work: $said"
fi
say "no more writes here"
said=$(sql "$close_seconds" "SET GLOBAL super_read_only = ON") || say "that did not work: $said"
exit 0
