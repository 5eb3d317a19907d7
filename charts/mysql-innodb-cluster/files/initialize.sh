#!/usr/bin/env bash
# Makes a member's data directory, once and atomically.
#
# mysqld --initialize that is killed half-way leaves a directory that looks initialised. So it works in data.new, and
# data appears by a rename when all of it is on disk. Runs before mysqld at every start of its container, beside the
# agent, which writes the option file meanwhile. Uses bash and coreutils alone: the entrypoints of MySQL images differ.
set -euo pipefail
umask 0027

readonly volume=${INNODB_CLUSTER_VOLUME:-/var/lib/mysql}
# serverConfig.mycnf, which the option file ends by reading.
readonly extra=${INNODB_CLUSTER_EXTRA:-/etc/innodb-cluster/extra/extra.cnf}
readonly data=$volume/data
readonly half_made=$volume/data.new

say() { printf 'initialize: %s\n' "$*"; }

fail() {
  printf 'initialize: %s\n' "$*" >&2
  exit 1
}

check_volume() {
  [[ -d $volume ]] || fail "$volume is missing: no volume is mounted there."
  local probe=$volume/.innodb-cluster-probe
  if ! (: >"$probe") 2>/dev/null; then
    fail "$volume can't be written by user $(id -u), groups $(id -G)." \
      "It belongs to $(stat -c '%u:%g, mode %a' "$volume"), $(df -hP "$volume" | tail -n 1 | tr -s ' ' | cut -d ' ' -f 4)" \
      "are free. Does the storage driver honour podSecurityContext.fsGroup, and is the volume neither full nor read-only?"
  fi
  rm -f "$probe"
}

check_data() {
  [[ -r $data && -w $data && -x $data ]] ||
    fail "$data belongs to $(stat -c '%u:%g, mode %a' "$data"), user $(id -u) can't use it." \
      "Is it from another image? podSecurityContext.runAsUser and fsGroup must fit its owner."
}

is_empty() {
  local entries
  entries=$(ls -A "$1")
  [[ -z $entries ]]
}

# Options that are fixed for ever when the data directory is made: they are taken from serverConfig.mycnf.
birth_options() {
  local line name
  local names='lower[-_]case[-_]table[-_]names|innodb[-_]page[-_]size|innodb[-_]data[-_]file[-_]path'
  local pattern="^[[:space:]]*(loose[-_])?($names)[[:space:]]*=[[:space:]]*([^[:space:]#]+)"
  [[ -r $extra ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line =~ $pattern ]]; then
      name=${BASH_REMATCH[2]//_/-}
      printf -- '--%s=%s\n' "$name" "${BASH_REMATCH[3]}"
    fi
  done <"$extra"
}

initialize() {
  local -a options
  mapfile -t options < <(birth_options)
  say "making the data directory in $half_made${options[*]:+ with ${options[*]}}"
  # The member's certificates come from a Secret, so none are made here, and the warnings about that (MY-013595,
  # MY-010069) and about the empty password (MY-010453), which is replaced before anybody can connect, say nothing new.
  # NUMA calls are refused by seccomp. Nothing is synchronised here, which is done some 850 times otherwise: what the
  # power leaves half-made is made anew, and all of it reaches the disk below.
  mysqld --no-defaults --initialize-insecure --datadir="$half_made" --auto-generate-certs=OFF \
    --innodb-flush-method=nosync --innodb-doublewrite=OFF \
    --log-error-suppression-list=MY-013595,MY-010069,MY-010453 --loose-innodb-numa-interleave=OFF "${options[@]}" &
  local mysqld=$!
  trap 'say "stopped"; kill -TERM "$mysqld" 2>/dev/null' TERM INT
  local status=0
  wait "$mysqld" || status=$?
  trap - TERM INT
  ((status == 0)) || fail "mysqld --initialize-insecure ended with status $status; its reason is above."
}

check_volume
if [[ -d $data ]] && ! is_empty "$data"; then
  check_data
  say "$data is there, nothing to do"
  exit 0
fi
if [[ -e $half_made ]]; then
  say "removing $half_made, which an interrupted run left"
  rm -rf "$half_made"
fi
initialize
# First the contents reach the disk, then the name. This volume alone: others of the node may have much to write.
sync -f "$half_made"
[[ ! -d $data ]] || rmdir "$data"
mv -T "$half_made" "$data"
sync -f "$data"
say "$data is made"
