"""A Kubernetes API in memory: stands in for HttpTransport, and passes the same contract tests."""

import copy
import json
import re
from collections.abc import Mapping
from itertools import count
from typing import Any

from innodb_cluster.effects.kubernetes.client import Document
from innodb_cluster.model.errors import TemporaryError

_DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_VERBS = {"POST": "create", "PATCH": "patch", "GET": "get", "DELETE": "delete"}


class InMemoryApi:
    """Objects by path; resourceVersions, conflicts, merge patches and label selectors as the API server has them."""

    def __init__(self) -> None:
        self.objects: dict[str, Document] = {}
        self.calls: list[tuple[str, str, str]] = []
        """Verb, resource and name of every request: what a Role has to allow."""
        self.is_away = False
        self.statuses: dict[tuple[str, str], int] = {}
        """Verb and resource that are answered by this status instead."""
        self._versions = count(1)
        self._suffixes = count(1)

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Document | None
    ) -> tuple[int, Document]:
        resource, name = _split(path)
        verb = "list" if method == "GET" and not name else _VERBS[method]
        self.calls.append((verb, resource, name))
        if self.is_away:
            raise TemporaryError("the Kubernetes API does not answer: refused")
        if (verb, resource) in self.statuses:
            return _failure(self.statuses[verb, resource], "as the test wants it")
        sent = json.loads(json.dumps(body)) if body is not None else {}
        match verb:
            case "list":
                return 200, {"items": self._selected(path, query)}
            case "create":
                return self._create(path, sent)
            case "get":
                return self._get(path)
            case "delete":
                return self._delete(path, sent)
            case _:
                return self._patch(path, sent, is_dry="dryRun" in query)

    def put(self, path: str, document: Document) -> None:
        """Make or replace an object, as some other client would."""
        stored = copy.deepcopy(document)
        metadata = stored.setdefault("metadata", {})
        metadata.setdefault("name", path.rpartition("/")[2])
        metadata.setdefault("uid", f"uid-{metadata['name']}")
        metadata["resourceVersion"] = str(next(self._versions))
        self.objects[path] = stored

    def _selected(self, path: str, query: Mapping[str, str]) -> list[Document]:
        wanted, fields = _wanted(query.get("labelSelector", "")), _wanted(query.get("fieldSelector", ""))
        return [
            copy.deepcopy(document)
            for key, document in self.objects.items()
            if key.rpartition("/")[0] == path
            and wanted.items() <= (document["metadata"].get("labels") or {}).items()
            and all(document.get(field) == value for field, value in fields.items())
        ]

    def _create(self, path: str, document: Document) -> tuple[int, Document]:
        metadata = document["metadata"]
        if "name" not in metadata:
            metadata["name"] = f"{metadata['generateName']}{next(self._suffixes):05d}"
        if not _DNS_NAME.fullmatch(metadata["name"]):
            return _failure(422, f"{metadata['name']} is no name")
        key = f"{path}/{metadata['name']}"
        if key in self.objects:
            return _failure(409, f"{metadata['name']} already exists")
        metadata.setdefault("uid", f"uid-{metadata['name']}-{next(self._suffixes)}")
        self.put(key, document)
        return 201, copy.deepcopy(self.objects[key])

    def _get(self, path: str) -> tuple[int, Document]:
        if path not in self.objects:
            return _failure(404, f"{path} not found")
        return 200, copy.deepcopy(self.objects[path])

    def _delete(self, path: str, options: Document) -> tuple[int, Document]:
        """Delete at once, or, where finalizers hold an object, when the last of them goes."""
        if path not in self.objects:
            return _failure(404, f"{path} not found")
        metadata = self.objects[path]["metadata"]
        if (options.get("preconditions") or {}).get("uid", metadata["uid"]) != metadata["uid"]:
            return _failure(409, "the uid is another one")
        if metadata.get("finalizers"):
            metadata.setdefault("deletionTimestamp", "2026-01-01T00:00:00Z")
        else:
            del self.objects[path]
        return 200, {}

    def _patch(self, path: str, patch: Document, *, is_dry: bool) -> tuple[int, Document]:
        if path not in self.objects:
            return _failure(404, f"{path} not found")
        before = self.objects[path]
        version = (patch.get("metadata") or {}).get("resourceVersion")
        if version not in (None, before["metadata"]["resourceVersion"]):
            return _failure(409, "the object has been modified")
        after = _merged(before, patch)
        if is_dry:
            return 200, after
        if after != before:
            self.put(path, after)
        answer = copy.deepcopy(self.objects[path])
        if "deletionTimestamp" in after["metadata"] and not after["metadata"].get("finalizers"):
            del self.objects[path]
        return 200, answer


def _merged(document: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(document) if isinstance(document, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _wanted(selector: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in selector.split(",") if part)


def _split(path: str) -> tuple[str, str]:
    """Give resource and name of a namespaced path."""
    parts = path.split("/namespaces/", 1)[1].split("/")
    return parts[1], parts[2] if len(parts) > 2 else ""


def _failure(status: int, message: str) -> tuple[int, Document]:
    return status, {"kind": "Status", "status": "Failure", "message": message, "code": status}
