"""Values as JSON and back: an observation of a bad night becomes a unit test.

Frozen dataclasses, tuples, mappings, enums, moments, GTID sets and plain values are enough. Keys that are unknown are
ignored and those that are missing take their default, so that a document of another version can still be read.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from innodb_cluster.model.errors import ConfigurationError
from innodb_cluster.model.gtid import GtidSet, parse_gtid_set

Value = TypeVar("Value")


def to_document(value: Any) -> Any:
    """Give what ``json.dumps`` takes."""
    if isinstance(value, GtidSet):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_document(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_document(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_document(item) for key, item in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def from_document(kind: type[Value], document: Any) -> Value:
    """Read a value of this type.

    Raises:
        ConfigurationError: the document is of another shape.

    """
    try:
        value: Value = _read(kind, document)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        reason = f"the document is no {kind.__name__}: {type(error).__name__}: {error}"
        raise ConfigurationError(reason, "save one with innodb-cluster explain --save") from error
    return value


def _read(kind: Any, document: Any) -> Any:
    if get_origin(kind) in {Union, UnionType}:
        (other,) = (part for part in get_args(kind) if part is not NoneType)
        return None if document is None else _read(other, document)
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        kinds = (parts[0],) * len(document) if parts[1:] == (Ellipsis,) else parts
        return tuple(_read(part, item) for part, item in zip(kinds, document, strict=True))
    if get_origin(kind) is Mapping:
        _, part = get_args(kind)
        return {str(key): _read(part, item) for key, item in document.items()}
    if is_dataclass(kind) and kind is not GtidSet:
        return _read_dataclass(kind, document)
    return _read_scalar(kind, document)


def _read_scalar(kind: Any, document: Any) -> Any:
    if kind is GtidSet:
        return parse_gtid_set(document)
    if kind is datetime:
        return datetime.fromisoformat(document)
    if kind is float:
        return float(document)
    if kind is datetime:
        return datetime.fromisoformat(document)
    if issubclass(kind, StrEnum):
        return kind(document)
    if not isinstance(document, kind):
        message = f"{document!r} is not {kind.__name__}"
        raise TypeError(message)
    return document


def _read_dataclass(kind: Any, document: Any) -> Any:
    kinds = get_type_hints(kind)
    values = {}
    for field in fields(kind):
        if field.name in document:
            values[field.name] = _read(kinds[field.name], document[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(field.name)
    return kind(**values)
