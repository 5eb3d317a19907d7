"""values.schema.json refuses what values.yaml does not have, and says which key it was."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.rendering import CHART, chart_yaml, merged, nested, refusal, render

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = chart_yaml("values.yaml")

NOT_IN_VALUES = {
    "global": "Helm hands it to every subchart",
    "tls.certManager.issuerRef.name": "issuerRef is null unless it is set",
    "tls.certManager.issuerRef.kind": "as above",
    "tls.certManager.issuerRef.group": "as above",
    "server.resources.claims": "a detail of Kubernetes, not a default of ours",
    "server.agentResources.claims": "as above",
    "router.resources.claims": "as above",
    "router.agentResources.claims": "as above",
    "hooks.resources.claims": "as above",
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference into the definitions."""
    reference = schema.get("$ref", "")
    return SCHEMA["definitions"][reference.rpartition("/")[2]] if reference else schema


def branches(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema itself and the alternatives in it, references followed."""
    schema = resolved(schema)
    yield schema
    for alternative in schema.get("oneOf", []):
        yield from branches(alternative)


def schema_leaves(schema: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Dotted names of everything that the schema has no further names below."""
    properties = {k: v for branch in branches(schema) for k, v in branch.get("properties", {}).items()}
    if not properties:
        yield prefix
    for key, child in properties.items():
        yield from schema_leaves(child, f"{prefix}.{key}" if prefix else key)


def subschemas(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of an object, with where it stands."""
    for branch in branches(schema):
        yield prefix, branch
        for key, child in branch.get("properties", {}).items():
            yield from subschemas(child, f"{prefix}.{key}" if prefix else key)
        if "items" in branch:
            yield from subschemas(branch["items"], f"{prefix}[]")


def known_to_schema(path: list[str]) -> bool:
    """Whether the schema has a place for a value, by name or as part of a free map."""
    schema = SCHEMA
    for key in path:
        properties = {k: v for branch in branches(schema) for k, v in branch.get("properties", {}).items()}
        if not properties:
            return resolved(schema).get("additionalProperties") is not False
        if key not in properties:
            return False
        schema = properties[key]
    return True


def value_leaves(values: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Path of each value that is no map, or an empty one."""
    if not isinstance(values, dict) or not values:
        yield path
        return
    for key, child in values.items():
        yield from value_leaves(child, (*path, key))


def has_value(dotted: str) -> bool:
    """Whether values.yaml has a key, null included."""
    node: Any = VALUES
    for key in dotted.split("."):
        if not isinstance(node, dict) or key not in node:
            return False
        node = node[key]
    return True


def test_every_key_of_values_is_in_the_schema() -> None:
    """Else the defaults themselves would be refused."""
    assert [".".join(path) for path in value_leaves(VALUES) if not known_to_schema(list(path))] == []


def test_every_key_of_the_schema_is_in_values() -> None:
    """Else it would be accepted and documented nowhere."""
    missing = {leaf for leaf in schema_leaves(SCHEMA) if not has_value(leaf)}
    assert missing == set(NOT_IN_VALUES)


def test_every_object_of_the_schema_is_closed_or_says_what_is_free() -> None:
    """A misspelt key must not pass."""
    free = {"freeForm", "named", "objects"}
    free_schemas = [SCHEMA["definitions"][name] for name in free]
    free_schemas += [schema["items"] for schema in free_schemas if "items" in schema]
    open_ones = [
        where
        for where, schema in subschemas(SCHEMA)
        if schema.get("type") == "object"
        and "additionalProperties" not in schema
        and schema not in free_schemas
        and where != "global"
    ]
    assert open_ones == []


def test_the_schema_is_of_the_draft_that_both_helms_read() -> None:
    """Helm 3 reads nothing newer."""
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


UNKNOWN: list[tuple[str, object]] = [
    ("serverInstance", 3),
    ("router.replicas", 2),
    ("credentials.root.passwort", "x"),
    ("tls.certManager.issuer", "x"),
    ("service.nodePorts.mysql-wr", 30000),
    ("images.server.name", "x"),
    ("snapshots.retention.age", "1d"),
    ("restore.snapshot", "x"),
    ("recovery.lostMajority", "refuse"),
    ("datadirVolumeClaimTemplate.storageClass", "x"),
    ("server.resources.request", {}),
]

WRONG: list[tuple[str, object]] = [
    ("serverInstances", "three"),
    ("serverInstances", 0),
    ("serverInstances", 10),
    ("serverInstances", 2.5),
    ("routerInstances", -1),
    ("router.instances", "two"),
    ("baseServerId", 0),
    ("baseServerId", 4294967287),
    ("credentials.root.password", 1234),
    ("credentials.root.user", ""),
    ("credentials.root.user", "u" * 33),
    ("tls.useSelfSigned", "yes"),
    ("topology.mode", "multi"),
    ("topology.allowForeignKeyCascades", "yes"),
    ("service.type", "ExternalName"),
    ("service.defaultPort", "mysql"),
    ("service.nodePorts.mysql", "30000"),
    ("images.server.digest", "latest"),
    ("images.hooks.pullPolicy", "ifnotpresent"),
    ("datadirVolumeClaimTemplate.accessModes", "RWO"),
    ("datadirVolumeClaimTemplate.accessModes", []),
    ("datadirVolumeClaimTemplate.resources.requests.storage", "10GB"),
    ("snapshots.class.deletionPolicy", "Keep"),
    ("restore.safetySnapshot", "no"),
    ("recovery.lostQuorum", "wait"),
    ("recovery.lostQuorumSeconds", 10),
    ("recovery.hungSeconds", 61),
    ("podLabels", {"number": 1}),
    ("imagePullSecrets", ["name"]),
    ("tls.certManager.issuerRef", {"kind": "Issuer"}),
    ("timeouts.install", 30),
]


def refused_together(cases: list[tuple[str, object]], key: str, value: object) -> str:
    """What Helm says of a case; cases of different keys share a rendering, because Helm lists every violation."""
    number = [case for case in cases if case[0] == key].index((key, value))
    values: dict[str, Any] = {}
    for other in dict.fromkeys(name for name, _ in cases):
        same = [case for case in cases if case[0] == other]
        if number < len(same):
            values = merged(values, nested(*same[number]))
    return refusal(values)


@pytest.mark.parametrize(("key", "value"), UNKNOWN)
def test_an_unknown_key_is_refused_by_its_name(key: str, value: object) -> None:
    """At every depth."""
    parent, _, name = key.rpartition(".")
    where = f"at '{'/' + parent.replace('.', '/') if parent else ''}'"
    message = refused_together(UNKNOWN, key, value)
    assert f"{where}: additional properties '{name}' not allowed" in message


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_key(key: str, value: object) -> None:
    """Types, ranges and words."""
    assert f"at '/{key.replace('.', '/')}" in refused_together(WRONG, key, value)


def test_a_wrong_password_is_refused_without_being_shown() -> None:
    """Error messages end in logs."""
    assert "8765309" not in refusal(nested("credentials.root.password", 8765309))
    message = refusal({"credentials": {"root": {"password": "sesame\n"}}, "unknown": 1})
    assert "sesame" not in message


@pytest.mark.parametrize("servers", [1, 2, 9])
def test_1_to_9_servers_are_accepted(servers: int) -> None:
    """Even numbers too: they only get a warning."""
    assert render({"serverInstances": servers}).get("StatefulSet", "mysql")["spec"]["replicas"] == servers
