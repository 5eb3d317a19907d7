#!/usr/bin/env bash
# The floor of an installation: three servers initialised, started and grouped by nothing but this script, with the
# settings of replication and durability that the chart uses. Usage: floor.sh ROOTFS together|in-turn
# Together, as any script would do it, the two that join may turn each other away and try again after seven to thirteen
# seconds; in turn they can't.
set -euo pipefail

readonly rootfs=$1 order=$2
readonly ports=(24801 24802 24803)
seeds=127.0.0.1:24801,127.0.0.1:24802,127.0.0.1:24803
[[ $order == together ]] || seeds=127.0.0.1:24801
readonly seeds
readonly group=f1000000-0000-4000-8000-000000000001
directory=$(mktemp -d /tmp/floor-XXXXXX)
chown 27:27 "$directory"
pids=()

clean_up() {
  ((${#pids[@]} == 0)) || kill -KILL "${pids[@]}" 2>/dev/null || true
  rm -rf "$directory"
}
trap clean_up EXIT

sql() { "$rootfs/enter" mysql --no-defaults -uroot -N -S "$directory/$1.sock" -e "$2"; }

initialize_and_start() {
  local port=$1
  "$rootfs/enter" mysqld --no-defaults --initialize-insecure --datadir="$directory/$port" \
    --innodb-flush-method=nosync --innodb-doublewrite=OFF 2>"$directory/$port.init"
  "$rootfs/enter" mysqld --no-defaults --datadir="$directory/$port" --socket="$directory/$port.sock" \
    --pid-file="$directory/$port.pid" --port="$port" --mysqlx=OFF --bind-address=127.0.0.1 --report-host=127.0.0.1 \
    --report-port="$port" --server-id="$port" --secure-file-priv=NULL --tmpdir=/tmp --skip-name-resolve=ON \
    --gtid-mode=ON --enforce-gtid-consistency=ON --sync-binlog=1 --innodb-flush-log-at-trx-commit=1 \
    --relay-log=relay-log --log-bin=binlog --super-read-only=ON --skip-replica-start=ON \
    --plugin-load-add=group_replication.so --plugin-load-add=mysql_clone.so --loose-innodb-numa-interleave=OFF \
    --group-replication-group-name="$group" --group-replication-start-on-boot=OFF \
    --group-replication-communication-stack=MYSQL --group-replication-local-address="127.0.0.1:$port" \
    --group-replication-group-seeds="$seeds" --group-replication-ssl-mode=REQUIRED \
    --group-replication-recovery-use-ssl=ON --group-replication-recovery-get-public-key=ON \
    --group-replication-member-expel-timeout=0 --group-replication-paxos-single-leader=OFF \
    2>"$directory/$port.log" &
  echo $! >"$directory/$port.process"
}

until_true() {
  for ((try = 0; try < 1200; try++)); do
    ! "$@" 2>/dev/null || return 0
    sleep 0.1
  done
  echo "floor: gave up on: $*" >&2
  tail -n 20 "$directory"/*.log >&2
  return 1
}

answers() { sql "$1" "SELECT 1" >/dev/null; }

prepare() {
  sql "$1" "SET sql_log_bin = 0; SET GLOBAL super_read_only = OFF;
    CREATE USER recovery@'%' IDENTIFIED BY 'floor';
    GRANT REPLICATION SLAVE, BACKUP_ADMIN, GROUP_REPLICATION_STREAM, CONNECTION_ADMIN ON *.* TO recovery@'%';
    CHANGE REPLICATION SOURCE TO SOURCE_USER = 'recovery', SOURCE_PASSWORD = 'floor'
      FOR CHANNEL 'group_replication_recovery'"
}

all_online() {
  [[ $(sql "${ports[0]}" "SELECT COUNT(*) FROM performance_schema.replication_group_members
    WHERE MEMBER_STATE = 'ONLINE'") == 3 ]]
}

starters=()
for port in "${ports[@]}"; do
  initialize_and_start "$port" &
  starters+=($!)
done
for starter in "${starters[@]}"; do wait "$starter"; done
for port in "${ports[@]}"; do pids+=("$(<"$directory/$port.process")"); done
for port in "${ports[@]}"; do
  until_true answers "$port"
  prepare "$port"
done
sql "${ports[0]}" "SET GLOBAL group_replication_bootstrap_group = ON; START GROUP_REPLICATION;
  SET GLOBAL group_replication_bootstrap_group = OFF"
joiners=()
for port in "${ports[@]:1}"; do
  sql "$port" "START GROUP_REPLICATION" &
  joiners+=($!)
  [[ $order == together ]] || wait "${joiners[-1]}"
done
[[ $order != together ]] || for joiner in "${joiners[@]}"; do wait "$joiner"; done
until_true all_online
echo "three members ONLINE"
