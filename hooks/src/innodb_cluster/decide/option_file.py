"""Which of a user's server options would break the cluster, so that they are refused.

Refused are options on which an invariant rests: identity and addresses (the group
would not form), durability and GTIDs (an acknowledged commit could be lost), paths
that the pod fixes, and what the agent alone may set. All others are the user's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NEVER: dict[str, str] = {
    **dict.fromkeys(
        (
            "server_id",
            "report_host",
            "report_port",
            "report_user",
            "report_password",
            "port",
            "bind_address",
            "mysqlx",
            "mysqlx_port",
            "mysqlx_bind_address",
            "skip_networking",
            "admin_address",
            "admin_port",
        ),
        "the chart sets identity and addresses",
    ),
    **dict.fromkeys(
        (
            "datadir",
            "socket",
            "mysqlx_socket",
            "pid_file",
            "tmpdir",
            "init_file",
            "basedir",
            "chroot",
            "plugin_dir",
            "user",
            "daemonize",
            "initialize",
            "initialize_insecure",
            "innodb_data_home_dir",
            "innodb_log_group_home_dir",
            "innodb_undo_directory",
        ),
        "the pod's volumes fix it",
    ),
    **dict.fromkeys(
        (
            "log_bin",
            "log_bin_index",
            "relay_log",
            "relay_log_index",
            "skip_replica_start",
            "skip_slave_start",
            "super_read_only",
            "read_only",
            "offline_mode",
            "persisted_globals_load",
            "skip_grant_tables",
            "plugin_load",
            "early_plugin_load",
        ),
        "replication rests on it",
    ),
    **dict.fromkeys(
        (
            "ssl",
            "ssl_ca",
            "ssl_cert",
            "ssl_key",
            "ssl_capath",
            "mysqlx_ssl_ca",
            "mysqlx_ssl_cert",
            "mysqlx_ssl_key",
        ),
        "the values tls.* name certificates",
    ),
    **dict.fromkeys(
        (
            "group_replication",
            "group_replication_group_name",
            "group_replication_group_seeds",
            "group_replication_local_address",
            "group_replication_bootstrap_group",
            "group_replication_start_on_boot",
            "group_replication_communication_stack",
            "group_replication_single_primary_mode",
            "group_replication_enforce_update_everywhere_checks",
            "group_replication_exit_state_action",
            "group_replication_paxos_single_leader",
            "group_replication_force_members",
        ),
        "the agent sets it",
    ),
}
"""Options that are not taken whatever their value, and why."""

_ON = frozenset({"1", "on", "true", ""})
_OFF = frozenset({"0", "off", "false"})
_ONLY: dict[str, frozenset[str]] = {
    "gtid_mode": frozenset({"on"}),
    "enforce_gtid_consistency": _ON,
    "sync_binlog": frozenset({"1"}),
    "innodb_flush_log_at_trx_commit": frozenset({"1", ""}),
    "innodb_doublewrite": frozenset({"1", "on", "true", ""}),
    "binlog_format": frozenset({"row"}),
    "binlog_row_image": frozenset({"full", "minimal", "noblob"}),
    "log_replica_updates": _ON,
    "log_slave_updates": _ON,
    "replica_preserve_commit_order": _ON,
    "slave_preserve_commit_order": _ON,
    "innodb_read_only": _OFF,
    "innodb_force_recovery": frozenset({"0"}),
    "group_replication_ssl_mode": frozenset({"required", "verify_ca", "verify_identity"}),
    "group_replication_recovery_use_ssl": _ON,
}
"""Taken with one of these values alone, in lower case."""

SERVER_SECTION = re.compile(r"(mysqld|server)\b.*")
"""Sections that mysqld reads."""

_NEGATIONS = ("skip_", "disable_")
_PREFIXES = ("loose_", "enable_", "maximum_", *_NEGATIONS)


@dataclass(frozen=True, slots=True)
class RefusedOption:
    """One line that cannot be taken, and why."""

    line_number: int
    option: str
    why: str

    def __str__(self) -> str:
        """Write it as one clause of a message; the value is left out, it may be a secret."""
        return f"line {self.line_number}: {self.option} ({self.why})"


def refused_options(text: str) -> tuple[RefusedOption, ...]:
    """Find every line of a user's option file that would break the cluster."""
    return tuple(_refusals(text))


def _refusals(text: str) -> Iterator[RefusedOption]:
    is_server = True
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not _is_content(line):
            continue
        if line.startswith("!"):
            yield RefusedOption(number, line.split()[0], "files outside the values cannot be included")
        elif line.startswith("["):
            is_server = SERVER_SECTION.fullmatch(line.strip("[]").strip().lower()) is not None
        elif is_server and (why := _why_refused(line)):
            yield RefusedOption(number, line.partition("=")[0].strip(), why)


def _why_refused(line: str) -> str:
    """Say what is wrong with one assignment; empty when nothing is."""
    left, _, right = line.partition("=")
    name = left.strip().lower().replace("-", "_")
    value = right.partition("#")[0].strip().strip("'\"").lower()
    bare, is_negated = name, False
    while bare not in _NEVER and bare not in _ONLY:
        prefix = next((prefix for prefix in _PREFIXES if bare.startswith(prefix)), None)
        if prefix is None:
            return ""
        is_negated = is_negated or prefix in _NEGATIONS
        bare = bare.removeprefix(prefix)
    if bare in _NEVER:
        return _NEVER[bare]
    allowed = _ONLY[bare]
    if is_negated:
        value = "0"
    return (
        "" if value in allowed else f"must be {' or '.join(each.upper() for each in sorted(allowed) if each)}"
    )


def _is_content(line: str) -> bool:
    stripped = line.strip()
    return bool(stripped) and stripped[0] not in "#;"
