"""Option files are read as mysqld reads them, compared, and turned into values for SET GLOBAL."""

from dataclasses import replace
from decimal import Decimal

import pytest

from innodb_cluster.decide.option_verdict import option_problems
from innodb_cluster.decide.server_options import (
    MARKER_LINE,
    SECTION_LINES,
    assignments,
    changed_options,
    pending_options,
    server_options,
    split_marker,
    sql_values,
)
from innodb_cluster.jobs.mycnf import base_option_names
from innodb_cluster.model.options import Assignment
from tests.unit.builders import record


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("max_connections=9", "max_connections", "9"),
        ("  Max-Connections = 9  # nine", "max_connections", "9"),
        ("loose-max-connections=9", "max_connections", "9"),
        ("loose_max_connections=9", "max_connections", "9"),
        ("slow_query_log", "slow_query_log", "ON"),
        ("skip-name-resolve", "skip_name_resolve", "ON"),
        ("init_connect='SET a = \"#1\"' # remark", "init_connect", 'SET a = "#1"'),
        ('init_connect="it\'s"', "init_connect", "it's"),
        (r"init_connect=a\sb\\c", "init_connect", r"a b\c"),
        ("sql_mode=", "sql_mode", ""),
    ],
)
def test_a_line_is_read_as_mysqld_reads_it(line: str, name: str, value: str) -> None:
    """Case and dashes of names, prefixes, flags, quotes, escapes, remarks."""
    assert server_options(line) == {name: (value,)}


def test_only_the_servers_sections_count_and_every_value_is_kept() -> None:
    """`[mysqld-9.7]` is read by that version; what it means is up to mysqld."""
    text = "a=1\n[client]\nb=2\n[ mysqld ]\na=3\n[mysqld-9.7] # remark\nc=4\n[server]\n;d=1\n#e=1\nf=5\n"
    assert server_options(text) == {"a": ("1", "3"), "c": ("4",), "f": ("5",)}


def test_what_changed_is_named_whatever_its_spelling() -> None:
    """A remark, another order or another spelling of a name is no change."""
    assert changed_options("a=1\nb=2", "# remark\n[mysqld]\nB = 2\nloose_a=1") == frozenset()
    assert changed_options("a=1\nb=2\nc=3", "a=1\nb=3\nd=4") == {"b", "c", "d"}


def test_what_was_begun_stays_pending_until_it_is_done() -> None:
    """Taken back half-way: some servers have it already."""
    begun = replace(record(), mycnf="a=1", mycnf_changing="b,c")
    assert pending_options(begun, "a=1") == {"b", "c"}
    assert pending_options(begun, "a=2") == {"a", "b", "c"}


def test_a_removed_line_goes_back_to_the_default_or_by_a_restart_to_the_charts_value() -> None:
    """The chart's own my.cnf sets some options to other values than the server's defaults."""
    tried, at_start = assignments({"a", "b", "c"}, "a=1", frozenset({"b"}))
    assert tried == (Assignment("a", "1"), Assignment("c", None))
    assert at_start == {"b"}


def test_names_that_are_no_names_are_left_to_a_start() -> None:
    """Nothing of the user's text becomes a part of a statement."""
    assert assignments({"a` = 1; --"}, "", frozenset()) == ((), frozenset({"a` = 1; --"}))


@pytest.mark.parametrize(
    ("value", "first"),
    [("1G", 1 << 30), ("16k", 16384), ("-1", -1), ("0.5", Decimal("0.5")), ("ON", "ON"), ("", "")],
)
def test_values_are_tried_as_numbers_first(value: str, first: object) -> None:
    """A number in quotes is refused for a numeric variable, a bare one for a text."""
    assert sql_values(value)[0] == first
    assert sql_values(value)[-1] == value


def test_the_charts_own_options_are_known() -> None:
    """From the template itself."""
    assert {"group_replication_member_expel_timeout", "innodb_buffer_pool_size"} <= base_option_names()


def test_the_marker_is_told_apart_from_the_users_text() -> None:
    """Also below nothing at all."""
    tail = f"{MARKER_LINE}\n[mysqld]\nreport_user = mycnf-1a\n"
    assert split_marker(f"[mysqld]\na=1\n{tail}") == ("[mysqld]\na=1", "mycnf-1a")
    assert split_marker(tail) == ("", "mycnf-1a")


def test_lines_are_counted_as_the_user_wrote_them() -> None:
    """Not those that the chart puts above a text without a section."""
    head = "\n".join(SECTION_LINES)
    text, _ = split_marker(f"{head}\na=1\ndatadir=/x\n{MARKER_LINE}\n[mysqld]\nreport_user = mycnf-1a\n")
    assert text == "a=1\ndatadir=/x"
    verdict = "2026-01-01T00:00:00.1Z 0 [ERROR] [MY-000067] [Server] unknown variable 'a=1'."
    ours, mysqlds = option_problems(text, verdict)
    assert "line 2: datadir" in ours
    assert "line 1: unknown variable 'a'" in mysqlds


ABORTING = "2026-01-01T00:00:00.1Z 0 [ERROR] [MY-010119] [Server] Aborting"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("unknown variable 'foo-bar=secret'.", "line 2: unknown variable 'foo-bar'"),
        ("unknown option '--foo-bar'.", "line 2: unknown option '--foo-bar'"),
        (
            "mysqld: Error while setting value 'secret' to 'foo_bar'.",
            "line 2: mysqld: Error while setting its value to 'foo_bar'",
        ),
        ("something else.", "something else"),
    ],
)
def test_what_mysqld_refuses_is_said_with_its_line_and_without_the_value(error: str, said: str) -> None:
    """The value may be a secret."""
    verdict = f"2026-01-01T00:00:00.1Z 0 [ERROR] [MY-000067] [Server] {error}\n{ABORTING}"
    (problem,) = option_problems("a=1\nfoo-bar=secret\n", verdict)
    assert problem == f"mysqld refuses serverConfig.mycnf: {said}"


def test_both_kinds_of_problems_are_shown_at_once() -> None:
    """A text that is fine gives none."""
    assert len(option_problems("datadir=/x", "mysqld ended with status 139")) == 2
    assert option_problems("max_connections=9", "") == ()
