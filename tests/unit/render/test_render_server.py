"""A server's option file and start statements."""

from configparser import ConfigParser
from pathlib import Path

import pytest

from innodb_cluster.configuration import PodConfiguration
from innodb_cluster.decide.server_options import MARKER_LINE
from innodb_cluster.effects.files.paths import Paths
from innodb_cluster.jobs.render import (
    check_extra,
    init_statements,
    render_server,
    run_server,
    server_option_file,
)
from innodb_cluster.model.errors import ConfigurationError, TemporaryError
from innodb_cluster.model.names import recovery_password

MARKER = f"{MARKER_LINE}\n[mysqld]\nreport_user = mycnf-0\n"


def pod(name: str = "db-1", limit: int | None = None, base: int = 1000) -> PodConfiguration:
    """Environment of a server pod."""
    return PodConfiguration(
        name="db", namespace="ns", pod=name, base_server_id=base, memory_limit_bytes=limit
    )


def options(text: str) -> dict[str, str]:
    """Read the [mysqld] options; repeated names keep the last, as in mysqld."""
    parser = ConfigParser(strict=False, allow_no_value=True, interpolation=None)
    parser.read_string(text.partition("!include")[0])
    return dict(parser["mysqld"])


def test_identity_follows_the_ordinal() -> None:
    """server_id and names, never the pod's address."""
    found = options(server_option_file(pod("db-4", base=500)))
    assert found["server_id"] == "504"
    assert found["report_host"] == "db-4.db-instances.ns.svc.cluster.local"
    assert found["group_replication_local_address"] == "db-4.db-instances.ns.svc.cluster.local:3306"


def test_durability_is_never_traded() -> None:
    """Nor is starting without a group's leave."""
    found = options(server_option_file(pod()))
    assert found["sync_binlog"] == "1"
    assert found["innodb_flush_log_at_trx_commit"] == "1"
    assert found["super_read_only"] == "ON"
    assert found["group_replication_start_on_boot"] == "OFF"
    assert found["group_replication_bootstrap_group"] == "OFF"


def test_nothing_in_it_changes_when_the_cluster_grows_or_switches() -> None:
    """Group, seeds and mode are set by SQL."""
    found = options(server_option_file(pod()))
    for name in ("group_name", "group_seeds", "single_primary_mode", "enforce_update_everywhere_checks"):
        assert f"group_replication_{name}" not in found


def test_memory_follows_the_limit() -> None:
    """The same plan as model/memory.py."""
    found = options(server_option_file(pod(limit=4 << 30)))
    assert found["innodb_buffer_pool_size"] == str(2304 << 20)
    assert "performance_schema_error_size" not in found
    assert "performance_schema_error_size" in options(server_option_file(pod(limit=1 << 30)))


def test_the_users_options_are_read_last() -> None:
    """So that they win, and from where they are mounted: a mysqld that starts again has the newest."""
    assert server_option_file(pod()).rstrip().endswith("!include /etc/innodb-cluster/extra/extra.cnf")


def test_every_refused_option_is_named_at_once() -> None:
    """With its line, and what to do; the marker below the text is no option of the user's."""
    with pytest.raises(ConfigurationError) as caught:
        check_extra(f"datadir=/x\nmax_connections=1\nsync_binlog=0\n{MARKER}")
    assert "line 1: datadir" in str(caught.value)
    assert "line 3: sync_binlog" in str(caught.value)
    assert "report_user" not in str(caught.value)
    assert "serverConfig.mycnf" in str(caught.value)


def test_a_foreign_pod_is_refused() -> None:
    """The command was started in the wrong place."""
    with pytest.raises(ConfigurationError, match="not a server pod"):
        server_option_file(pod("other-1"))


def test_start_statements_stand_each_on_one_line_and_out_of_the_binary_log() -> None:
    """As init_file needs them, whatever the password is."""
    lines = init_statements(pod(), "a'b\\c\nd", "secret").splitlines()
    statements = [line for line in lines if not line.startswith("--")]
    assert statements[0] == "SET SESSION sql_log_bin = 0;"
    assert all(statement.endswith(";") for statement in statements)
    assert all(line.startswith(("--", "SET ", "CREATE ", "ALTER ", "GRANT ")) for line in lines)


@pytest.mark.parametrize(("name", "highest"), [("db-0", 1002), ("db-2", 1002), ("db-5", 1005)])
def test_recovery_accounts_cover_every_earlier_member(name: str, highest: int) -> None:
    """And the first three always; members that come later bring theirs by replication."""
    text = init_statements(pod(name), "admin", "secret")
    for server_id in range(1000, highest + 1):
        account = f"mysql_innodb_cluster_{server_id}"
        assert f"'{account}'@'%'" in text
        assert recovery_password("secret", account) in text
    assert f"mysql_innodb_cluster_{highest + 1}" not in text


def test_passwords_are_changed_after_everything_else() -> None:
    """mysqld stops reading at a statement that a password policy refuses."""
    statements = init_statements(pod(), "admin", "secret").splitlines()
    changes = [
        number for number, line in enumerate(statements) if line.startswith("ALTER") and " BY " in line
    ]
    others = [number for number, line in enumerate(statements) if line.startswith(("CREATE", "GRANT"))]
    assert min(changes) > max(others)


def test_files_are_written_private(tmp_path: Path) -> None:
    """Both of them, from what the pod has mounted."""
    paths = Paths(conf=tmp_path / "conf", internal=tmp_path / "internal", extra=tmp_path / "extra.cnf")
    paths.conf.mkdir()
    paths.internal.mkdir()
    with pytest.raises(TemporaryError):
        render_server(pod(), paths)
    (paths.internal / "adminPassword").write_text("admin")
    (paths.internal / "recoverySecret").write_text("secret")
    paths.extra.write_text("max_connections=9")
    render_server(pod(), paths)
    for path in (paths.option_file, paths.init_file):
        assert path.stat().st_mode & 0o777 == 0o600
    assert f"!include {paths.extra}" in paths.option_file.read_text()


def test_an_agent_that_starts_again_leaves_the_files_of_a_running_server_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its volume, whatever the record says of restores by then."""
    folders = {name: tmp_path / name for name in ("conf", "internal", "state", "volume")}
    for folder in folders.values():
        folder.mkdir()
    for name, value in (("NAME", "db"), ("NAMESPACE", "ns"), ("POD", "db-1")):
        monkeypatch.setenv(f"INNODB_CLUSTER_{name}", value)
    for name in ("adminPassword", "recoverySecret"):
        (folders["internal"] / name).write_text("secret")
    paths = Paths(
        conf=folders["conf"],
        internal=folders["internal"],
        state=folders["state"],
        extra=tmp_path / "extra.cnf",
        data=folders["volume"] / "data",
        mark=folders["volume"] / "belongs-to",
    )
    assert run_server(paths) == 0
    before = [path.read_text() for path in (paths.option_file, paths.init_file, paths.mark)]
    (folders["internal"] / "adminPassword").write_text("another")
    (folders["state"] / "restore").write_text("a-restore")
    paths.data.mkdir()
    (paths.data / "auto.cnf").touch()
    assert run_server(paths) == 0
    assert [path.read_text() for path in (paths.option_file, paths.init_file, paths.mark)] == before
    assert (paths.data / "auto.cnf").exists()
