"""The text of the metadata schema."""

import re

from innodb_cluster.effects.mysql.metadata_schema import schema_objects
from innodb_cluster.model.metadata import instance_row, router_row
from innodb_cluster.model.names import Names

TABLES = {
    "clustersets",
    "clusters",
    "instances",
    "async_cluster_views",
    "async_cluster_members",
    "clusterset_views",
    "clusterset_members",
    "routers",
    "router_stats",
    "router_rest_accounts",
    "routing_guidelines",
}
VIEWS = {
    "v2_clusters",
    "v2_gr_clusters",
    "v2_instances",
    "v2_this_instance",
    "v2_ar_clusters",
    "v2_ar_members",
    "v2_cs_clustersets",
    "v2_cs_members",
    "v2_routers",
    "v2_router_rest_accounts",
    "v2_cs_router_options",
    "v2_router_options",
}
PROCEDURES = {"v2_set_global_cluster_router_option", "v2_set_cluster_routing_option"}


def test_every_object_of_version_2_4_is_there_once() -> None:
    """What routers and the Shell read."""
    names = [item.name for item in schema_objects()]
    assert sorted(names) == sorted(TABLES | VIEWS | PROCEDURES)


def test_every_statement_can_be_run_again_and_none_drops() -> None:
    """A kill at any of them is followed by a second run, under running routers."""
    for item in schema_objects():
        head = item.statement.partition("(")[0]
        assert re.search(r"CREATE OR REPLACE|IF NOT EXISTS", head), item.name
        assert not re.search(r"\bDROP\b", item.statement, re.IGNORECASE), item.name


def test_what_runs_with_rights_runs_with_its_callers() -> None:
    """Views and procedures are SQL SECURITY INVOKER."""
    for item in schema_objects():
        assert (item.name in TABLES) != ("SQL SECURITY INVOKER" in item.statement), item.name


def test_an_object_is_made_after_what_it_reads() -> None:
    """So the order of the file is the order of a run."""
    made: set[str] = set()
    for item in schema_objects():
        used = set(re.findall(r"mysql_innodb_cluster_metadata\.(\w+)", item.statement)) - {item.name}
        assert used <= made, item.name
        made.add(item.name)


def test_rows_follow_from_names() -> None:
    """A member is known by its full name, a router by its pod's."""
    row = instance_row(Names("db", "ns"), "db-2", "uuid", 1002)
    host = "db-2.db-instances.ns.svc.cluster.local"
    assert (row.address, row.xaddress, row.gr_address) == (f"{host}:3306", f"{host}:33060", f"{host}:3306")
    assert row.recovery_account == "mysql_innodb_cluster_1002"
    assert router_row("db-router-a").address == "db-router-a"
    assert router_row("db-router-a").router_id != router_row("db-router-b").router_id
