"""JSON schemas of Kubernetes' objects for kubeconform, from the sources that the local cluster is built from.

kubeconform would download them; here they come from the API's OpenAPI document (in the Go module k8s.io/kubernetes)
and from the CRDs of snapshots (in the module of their client), which the build has fetched anyway.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ci.binaries.build import module_folder
from ci.binaries.groups import groups

Schema = dict[str, Any]

LOCATION = "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json"
"""File of a schema, as kubeconform's option -schema-location has it."""


def write(folder: Path) -> None:
    """Write a strict schema for each kind."""
    for group, version, kind, schema in [*_built_in(), *_snapshots()]:
        # kubeconform calls the core group by its version.
        name = f"{group or version}_{version}_{kind.lower()}.json"
        (folder / name).write_text(json.dumps(schema), encoding="utf-8")


def _built_in() -> Iterator[tuple[str, str, str, Schema]]:
    source = module_folder(groups()["kubernetes"], "k8s.io/kubernetes")
    document = json.loads((source / "api" / "openapi-spec" / "swagger.json").read_text(encoding="utf-8"))
    definitions = {name: _strict(schema) for name, schema in document["definitions"].items()}
    for name, schema in definitions.items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            whole = {"$ref": f"#/definitions/{name}", "definitions": _reachable(name, definitions)}
            yield kind["group"], kind["version"], kind["kind"], whole


def _snapshots() -> Iterator[tuple[str, str, str, Schema]]:
    client = "github.com/kubernetes-csi/external-snapshotter/client/v8"
    source = module_folder(groups()["csi-snapshotter"], client)
    for path in (source / "config" / "crd").glob("snapshot.storage.k8s.io_volumesnapshot*.yaml"):
        definition = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        for version in definition["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            yield definition["group"], version["name"], definition["names"]["kind"], schema


def _strict(schema: Schema) -> Schema:
    """Close every object that names its properties, and say "integer or string" the way JSON schema does."""
    if schema.get("format") == "int-or-string":
        return {"type": ["integer", "string"]}
    if schema.get("description", "").startswith("Quantity is"):
        return {"type": ["number", "string"]}
    result = {k: v for k, v in schema.items() if k not in {"description", "format"}}
    if "properties" in schema:
        result["properties"] = {key: _strict(child) for key, child in schema["properties"].items()}
        result.setdefault("additionalProperties", False)
    for key in ("items", "additionalProperties"):
        if isinstance(result.get(key), dict):
            result[key] = _strict(result[key])
    return result


def _reachable(name: str, definitions: dict[str, Schema]) -> dict[str, Schema]:
    """The definitions that one refers to, itself included."""
    found: dict[str, Schema] = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found[current] = definitions[current]
            waiting += _references(definitions[current])
    return found


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for child in schema.values():
            yield from _references(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from _references(child)
