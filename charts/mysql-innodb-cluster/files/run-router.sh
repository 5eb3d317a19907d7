#!/usr/bin/env bash
# Runs mysqlrouter with a keyring and a REST password file made from the mounted passwords.
#
# Both are made anew at every start, in memory: so a changed password needs a restart and nothing more. Passwords go
# through standard input, never through arguments.
set -euo pipefail
umask 0077

readonly conf=${INNODB_CLUSTER_CONF:-/etc/innodb-cluster/conf}
readonly internal=${INNODB_CLUSTER_INTERNAL:-/etc/innodb-cluster/internal}
# Absolute paths, both: the master key file finds a keyring by its path as it was given.
readonly master_key=$conf/master.key
readonly keyring=$conf/keyring
readonly rest_passwords=$conf/rest.passwd
readonly account=mysqlrouter
readonly rest_account=router

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

# The agent's container writes it at the same time, the state last.
wait_for_configuration() {
  [[ -r $conf/mysqlrouter.conf && -r $conf/state.json ]] || say "waiting for the agent to write the configuration"
  until [[ -r $conf/mysqlrouter.conf && -r $conf/state.json ]]; do sleep 0.1; done
}

# Process 1 of a container ignores what it does not trap.
trap 'exit 143' TERM INT
need "$internal/routerPassword" "the Secret of internal passwords lacks it"
need "$internal/restPassword" "the Secret of internal passwords lacks it"
[[ -w $conf ]] || fail "$conf can't be written by user $(id -u): it has to be an emptyDir"
mkdir -p "$conf/run" "$conf/data"
make_keyring
make_rest_passwords
wait_for_configuration
say "starting mysqlrouter"
trap - TERM INT
exec mysqlrouter -c "$conf/mysqlrouter.conf"
