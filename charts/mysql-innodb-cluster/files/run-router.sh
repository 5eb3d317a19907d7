#!/usr/bin/env bash
# Runs mysqlrouter with a keyring and a REST password file made from the mounted passwords.
#
# Both are made anew at every start, in memory: so a changed password needs a restart and nothing more. Passwords go
# through standard input, never through arguments.
#
# A file in the folder that the agent shares has mysqlrouter ended and started again, in place. So it takes a renewed
# certificate, which it reads only when it starts.
set -euo pipefail
umask 0077

readonly conf=${INNODB_CLUSTER_CONF:-/etc/innodb-cluster/conf}
readonly run=${INNODB_CLUSTER_RUN:-/var/run/mysqlrouter}
readonly internal=${INNODB_CLUSTER_INTERNAL:-/etc/innodb-cluster/internal}
# Absolute paths, both: the master key file finds a keyring by its path as it was given.
readonly master_key=$conf/master.key
readonly keyring=$conf/keyring
readonly rest_passwords=$conf/rest.passwd
readonly order=$run/restart
readonly poll_seconds=2
readonly account=mysqlrouter
readonly rest_account=router

child=
stopping=
ordered=

say() { printf 'run-router: %s\n' "$*"; }

fail() {
  printf 'run-router: %s\n' "$*" >&2
  exit 1
}

need() {
  [[ -r $1 ]] || fail "$1 is missing: $2"
}

# The tools print their prompt even when nobody is there to read it; what they say matters only when they fail.
quietly() {
  local output
  output=$("$@" 2>&1) || fail "$1 failed: $output"
}

make_keyring() {
  rm -f "$master_key" "$keyring"
  quietly mysqlrouter_keyring init --master-key-file="$master_key" "$keyring"
  quietly mysqlrouter_keyring set --master-key-file="$master_key" "$keyring" "$account" password \
    < <(printf '%s' "$(<"$internal/routerPassword")")
  say "made the keyring for account $account"
}

make_rest_passwords() {
  rm -f "$rest_passwords"
  quietly mysqlrouter_passwd set "$rest_passwords" "$rest_account" < <(printf '%s' "$(<"$internal/restPassword")")
  say "made the password file for REST account $rest_account"
}

stop() {
  stopping=yes
  [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || :
}

# Gives mysqlrouter's status when it has ended, which an order or a signal makes it do.
wait_for_router() {
  local nap
  while kill -0 "$child" 2>/dev/null; do
    if [[ -e $order && -z $ordered ]]; then
      ordered=yes
      kill -TERM "$child" 2>/dev/null || :
    fi
    sleep "$poll_seconds" &
    nap=$!
    wait -n "$child" "$nap" || :
    kill "$nap" 2>/dev/null || :
  done
  wait "$child"
}

# The agent's container writes it at the same time, the state last.
wait_for_configuration() {
  [[ -r $conf/mysqlrouter.conf && -r $conf/state.json ]] || say "waiting for the agent to write the configuration"
  until [[ -r $conf/mysqlrouter.conf && -r $conf/state.json ]]; do
    [[ -z $stopping ]] || exit 143
    sleep 0.1
  done
}

# Process 1 of a container ignores what it does not trap.
trap stop TERM INT
need "$internal/routerPassword" "the Secret of internal passwords lacks it"
need "$internal/restPassword" "the Secret of internal passwords lacks it"
[[ -w $conf ]] || fail "$conf can't be written by user $(id -u): it has to be an emptyDir"
mkdir -p "$conf/run" "$conf/data"
make_keyring
make_rest_passwords
wait_for_configuration
rm -f "$order"
say "starting mysqlrouter"
mysqlrouter -c "$conf/mysqlrouter.conf" &
child=$!
# A signal may have come before there was a process to pass it to.
[[ -z $stopping ]] || kill -TERM "$child" 2>/dev/null || :
status=0
wait_for_router || status=$?
if [[ -n $ordered && -z $stopping ]]; then
  say "starting again, as ordered"
  exec bash "${BASH_SOURCE[0]}"
fi
say "mysqlrouter ended with status $status"
exit "$status"
