"""serverConfig.mycnf: what is taken, and what is refused because the cluster rests on it."""

import pytest

from innodb_cluster.decide.option_file import refused_options


@pytest.mark.parametrize(
    "text",
    [
        "",
        "max_connections = 500\ninnodb-buffer-pool-size=1G\n",
        "# datadir=/elsewhere\n; server_id = 9\n",
        "[client]\nsocket=/elsewhere\n[mysql]\nuser=me\n",
        "gtid_mode = ON\nsync-binlog=1\nbinlog_format='row'\nlog_replica_updates\n",
        "group_replication_member_expel_timeout = 5\nloose-group_replication_consistency=AFTER\n",
        "lower_case_table_names=1\n",
        "plugin_load_add=validate.so\n",
        "loose_skip_show_database\n",
        "group_replication_ssl_mode=VERIFY_IDENTITY # stricter\n",
    ],
)
def test_ordinary_options_are_the_users(text: str) -> None:
    """Also the invariant ones, when they say the same."""
    assert refused_options(text) == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("server_id = 7", "the chart sets identity and addresses"),
        ("report-host=elsewhere", "the chart sets identity and addresses"),
        ("DATADIR=/elsewhere", "the pod's volumes fix it"),
        ("loose_datadir=/elsewhere", "the pod's volumes fix it"),
        ("skip-log-bin", "replication rests on it"),
        ("disable_log_bin", "replication rests on it"),
        ("skip_networking", "the chart sets identity and addresses"),
        ("skip-grant-tables", "replication rests on it"),
        ("plugin_load=x.so", "replication rests on it"),
        ("ssl-cert=/elsewhere", "the values tls.* name certificates"),
        ("loose-group_replication_group_name=x", "the agent sets it"),
        ("gtid_mode=OFF", "must be ON"),
        ("gtid_mode=ON_PERMISSIVE", "must be ON"),
        ("sync_binlog=0", "must be 1"),
        ("innodb_flush_log_at_trx_commit = 2", "must be 1"),
        ("skip_log_replica_updates", "must be 1 or ON or TRUE"),
        ("binlog_format=STATEMENT", "must be ROW"),
        ("group_replication_ssl_mode=DISABLED", "must be REQUIRED or VERIFY_CA or VERIFY_IDENTITY"),
        ("!includedir /etc/mysql", "files outside the values cannot be included"),
    ],
)
def test_options_that_break_the_cluster_are_refused(line: str, why: str) -> None:
    """In any spelling that mysqld takes: dashes, case, loose, skip, disable."""
    (refused,) = refused_options(f"max_connections=9\n{line}\n")
    assert (refused.line_number, refused.why) == (2, why)


@pytest.mark.parametrize("section", ["mysqld", "server", "mysqld-9.7", " mysqld "])
def test_every_section_that_mysqld_reads_is_looked_at(section: str) -> None:
    """``[client]`` before it changes nothing."""
    assert len(refused_options(f"[client]\nport=1\n[{section}]\nport=1\n")) == 1


def test_values_are_not_shown() -> None:
    """An option's value may be a secret."""
    (refused,) = refused_options("report_password=hidden")
    assert str(refused) == "line 1: report_password (the chart sets identity and addresses)"
