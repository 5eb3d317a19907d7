#!/usr/bin/env bash
# Makes the data directory where there is none, runs mysqld, and starts it again in place when it asks for that.
#
# RESTART and CLONE end mysqld with status 16, if MYSQLD_PARENT_PID says that its parent will start it again. Then no
# container is restarted, which would cost the kubelet's back-off. Every other status is the container's own.
set -uo pipefail
umask 0027

readonly option_file=${INNODB_CLUSTER_OPTION_FILE:-/etc/innodb-cluster/conf/my.cnf}
readonly run=${INNODB_CLUSTER_RUN:-/var/run/mysqld}
here=$(dirname -- "${BASH_SOURCE[0]}")
readonly here
readonly restart_status=16
export MYSQLD_PARENT_PID=$$

child=
stopping=
interrupted=

say() { printf 'run-mysqld: %s\n' "$*"; }

stop() {
  stopping=yes
  interrupted=yes
  say "stopping${child:+ process $child}"
  [[ -z $child ]] || kill -TERM "$child" 2>/dev/null
}

# A socket's lock file names the process of an earlier container; that number may be another process by now, and
# mysqld would refuse to start. No mysqld of this pod runs here yet.
remove_stale_files() {
  rm -f "$run"/{mysqld,mysqlx}.sock "$run"/{mysqld,mysqlx}.sock.lock "$run"/mysqld.pid
}

# Waits for mysqld; a trapped signal ends bash's wait early, so wait again.
wait_for_child() {
  local status
  while :; do
    interrupted=
    wait "$child"
    status=$?
    [[ -n $interrupted ]] || return "$status"
  done
}

make_data() {
  local status
  bash "$here/initialize.sh" &
  child=$!
  wait_for_child
  status=$?
  child=
  ((status == 0)) || exit "$status"
}

# The agent's container writes it at the same time.
wait_for_options() {
  [[ -r $option_file ]] || say "waiting for the agent to write $option_file"
  until [[ -r $option_file ]]; do
    [[ -z $stopping ]] || exit 143
    sleep 0.1
  done
}

trap stop TERM INT
make_data
wait_for_options
while :; do
  remove_stale_files
  mysqld --defaults-file="$option_file" &
  child=$!
  say "started mysqld, process $child"
  # A signal may have come before there was a process to pass it to.
  [[ -z $stopping ]] || kill -TERM "$child" 2>/dev/null
  wait_for_child
  status=$?
  child=
  if ((status != restart_status)) || [[ -n $stopping ]]; then
    say "mysqld ended with status $status"
    exit "$status"
  fi
  say "mysqld asked to be started again"
done
