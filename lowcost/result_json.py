"""The JSON form of a result: one table of types drives writing and reading, and the published schema judges.

A file of the same major version may hold more than this version knows; what is not known is ignored.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any

from lowcost import schema
from lowcost.errors import InputError
from lowcost.result import SCHEMA_VERSION, SmearResult


def encode(result: SmearResult) -> dict[str, Any]:
    """Return the JSON form of a result.

    Raises
    ------
    ValueError
        A number is not finite; the text names the place.
    """
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    data.update(_encoded(result, SmearResult, ""))
    return data


def decode(data: Any) -> SmearResult:
    """Return the result that a JSON form stands for.

    Raises
    ------
    InputError
        The data do not follow the schema, or are of a newer major version.
    """
    if not isinstance(data, dict):
        raise InputError(f"the result is {schema.named(data)}, expected an object: give the content of a result.json")
    _check_version(data.get("schema_version"))
    schema.check(data, published_schema())
    result: SmearResult = _decoded(data, SmearResult)
    return result


@cache
def published_schema() -> dict[str, Any]:
    """Return ``result.schema.json`` as a dict (shared: not to be changed)."""
    text = (Path(__file__).parent / "result.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _check_version(version: Any) -> None:
    ours = SCHEMA_VERSION.split(".")[0]
    parts = version.split(".") if isinstance(version, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(
            f"schema_version is {schema.named(version)}, expected one such as {SCHEMA_VERSION!r}: "
            "give a result.json that lowcost wrote"
        )
    if parts[0] != ours:
        advice = "upgrade lowcost" if int(parts[0]) > int(ours) else "analyse the images again"
        raise InputError(f"the result has schema version {version}, this version of lowcost reads {ours}.x: {advice}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _encoded(value: Any, kind: Any, where: str) -> Any:
    """`value`, of the annotation `kind`, in JSON's terms; numbers of numpy become Python's."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _encoded(value, arguments[0], where)
    if dataclasses.is_dataclass(kind):
        prefix = where and f"{where}."
        hints = _hints(typing.cast(type, kind))
        return {name: _encoded(getattr(value, name), hint, f"{prefix}{name}") for name, hint in hints.items()}
    if origin is tuple:
        return [_encoded(item, arguments[0], f"{where}[{i}]") for i, item in enumerate(value)]
    if origin is dict:
        entry = arguments[1]
        # An undefined measurement is no entry: NaN is not JSON and does not equal itself.
        kept = value.items() if entry is not float else ((k, v) for k, v in value.items() if math.isfinite(v))
        return {key: _encoded(item, entry, f"{where}.{key}") for key, item in kept}
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{where}: expected a finite number, got {value}")
    return kind(value)


def _decoded(value: Any, kind: Any) -> Any:
    """An instance of the annotation `kind` from data that follow the schema."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else _decoded(value, arguments[0])
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        return typing.cast(Any, kind)(**{name: _decoded(value[name], hint) for name, hint in hints.items()})
    if origin is tuple:
        return tuple(_decoded(item, arguments[0]) for item in value)
    if origin is dict:
        return {key: _decoded(item, arguments[1]) for key, item in value.items()}
    return kind(value)
