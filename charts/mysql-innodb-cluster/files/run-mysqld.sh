#!/usr/bin/env bash
# Makes the data directory where there is none, runs mysqld, and starts it again in place when it asks for that, or when
# the agent has found that it hangs or is in a group that can never go on.
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
# The agent's container writes a line here: "end" when mysqld answers nobody any more, "restart" when it shall start anew.
readonly orders=$run/orders
readonly ended=$run/ended
# Hundredths of a second of processor time that make mysqld busy, of the 30 that one core has in 0.3 s: others may want
# the core too.
readonly busy_ticks=4
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
  rm -f "$run"/{mysqld,mysqlx}.sock "$run"/{mysqld,mysqlx}.sock.lock "$run"/mysqld.pid "$ended"
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

# User and system time of a process so far, in ticks (proc_pid_stat(5)).
ticks() {
  local -a stat
  read -r -a stat <"/proc/$1/stat" && printf '%d' $((stat[13] + stat[14]))
}

# Ends a process, and leaves word why it is started again.
end() {
  printf '%s' "$2" >"$ended"
  kill -KILL "$1"
}

# Ends a mysqld that hangs. One that works and is too slow to answer would be as slow on the next member.
end_if_idle() {
  local before after
  before=$(ticks "$1") || return
  sleep 0.3
  after=$(ticks "$1") || return
  if ((after - before >= busy_ticks)); then
    say "told to end mysqld, which is busy: left alone"
  else
    say "told to end mysqld, which does nothing: ending process $1"
    end "$1" "it hung"
  fi
}

take_orders() {
  local order
  # Opened for writing as well, so that the pipe has no end.
  while read -r order; do
    case $order in
    end) end_if_idle "$1" ;;
    restart)
      say "told to restart mysqld: ending process $1"
      end "$1" "its agent wanted that"
      ;;
    esac
  done <>"$orders"
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
[[ -p $orders ]] || mkfifo -m 0660 "$orders"
while :; do
  remove_stale_files
  mysqld --defaults-file="$option_file" &
  child=$!
  say "started mysqld, process $child"
  take_orders "$child" &
  listener=$!
  # A signal may have come before there was a process to pass it to.
  [[ -z $stopping ]] || kill -TERM "$child" 2>/dev/null
  wait_for_child
  status=$?
  child=
  kill "$listener" 2>/dev/null
  wait "$listener" 2>/dev/null
  reason=
  ((status != restart_status)) || reason="it asked for that"
  [[ ! -e $ended ]] || reason=$(<"$ended")
  if [[ -n $stopping || -z $reason ]]; then
    say "mysqld ended with status $status"
    exit "$status"
  fi
  say "mysqld is started again: $reason"
done
