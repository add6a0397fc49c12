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

MAJORS = (1, 2)
"""The major versions of the form that are read; what an older one did not have gets its default."""


def encode(result: SmearResult) -> dict[str, Any]:
    """Return the JSON form of a result.

    Raises
    ------
    ValueError
        A number is not finite; the text names the place.
    """
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION}
    data.update(encoded(result, SmearResult))
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
    result: SmearResult = decoded(data, SmearResult)
    return result


@cache
def published_schema() -> dict[str, Any]:
    """Return ``result.schema.json`` as a dict (shared: not to be changed)."""
    text = (Path(__file__).parent / "result.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _check_version(version: Any) -> None:
    parts = version.split(".") if isinstance(version, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(
            f"schema_version is {schema.named(version)}, expected one such as {SCHEMA_VERSION!r}: "
            "give a result.json that lowcost wrote"
        )
    if int(parts[0]) not in MAJORS:
        advice = "upgrade lowcost" if int(parts[0]) > max(MAJORS) else "analyse the images again"
        known = " and ".join(f"{major}.x" for major in MAJORS)
        raise InputError(f"the result has schema version {version}, this version of lowcost reads {known}: {advice}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def encoded(value: Any, kind: Any, where: str = "") -> Any:
    """Return a value in JSON's terms: numbers of numpy become Python's, and what is None by default is left out.

    Parameters
    ----------
    value : object
        A dataclass, or what its fields may hold.
    kind : type
        Its annotation.
    where : str
        Its place, for the error.

    Raises
    ------
    ValueError
        A number is not finite; the text names the place.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else encoded(value, arguments[0], where)
    if dataclasses.is_dataclass(kind):
        prefix = where and f"{where}."
        hints = _hints(typing.cast(type, kind))
        unknown = {entry.name for entry in dataclasses.fields(kind) if entry.default is None}
        return {
            name: encoded(getattr(value, name), hint, f"{prefix}{name}")
            for name, hint in hints.items()
            if not (name in unknown and getattr(value, name) is None)
        }
    if origin is tuple:
        return [encoded(item, arguments[0], f"{where}[{i}]") for i, item in enumerate(value)]
    if origin is dict:
        entry = arguments[1]
        # An undefined measurement is no entry: NaN is not JSON and does not equal itself.
        kept = value.items() if entry is not float else ((k, v) for k, v in value.items() if math.isfinite(v))
        return {key: encoded(item, entry, f"{where}.{key}") for key, item in kept}
    if kind is float and not math.isfinite(value):
        raise ValueError(f"{where}: expected a finite number, got {value}")
    return kind(value)


def decoded(value: Any, kind: Any) -> Any:
    """Return an instance of the annotation `kind` from data that follow its schema; what is absent gets its default."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else decoded(value, arguments[0])
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast(type, kind))
        return typing.cast(Any, kind)(
            **{name: decoded(value[name], hint) for name, hint in hints.items() if name in value}
        )
    if origin is tuple:
        return tuple(decoded(item, arguments[0]) for item in value)
    if origin is dict:
        return {key: decoded(item, arguments[1]) for key, item in value.items()}
    return kind(value)
