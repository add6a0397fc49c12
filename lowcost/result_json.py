"""The JSON form of a result: one table of types drives writing and reading, and the published schema judges.

A file of the same major version may hold more than this version knows; what is not known is ignored.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Callable
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
    try:
        return _encoder(kind)(value)
    except _NotFiniteError as error:
        place = where + "".join(reversed(error.place))
        raise ValueError(f"{place.removeprefix('.')}: expected a finite number, got {error.value}") from None


def decoded(value: Any, kind: Any) -> Any:
    """Return an instance of the annotation `kind` from data that follow its schema; what is absent gets its default."""
    return _decoder(kind)(value)


class _NotFiniteError(Exception):
    """A number that JSON has no word for; its place is put together on the way out."""

    def __init__(self, value: float) -> None:
        super().__init__(value)
        self.value = value
        self.place: list[str] = []


@cache
def _encoder(kind: Any) -> Callable[[Any], Any]:
    """What encodes values of one annotation: made once, as a field has ten thousand of them."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        known = _encoder(arguments[0])
        return lambda value: None if value is None else known(value)
    if dataclasses.is_dataclass(kind):
        return _record_encoder(typing.cast(type, kind))
    if origin is tuple:
        return _list_encoder(arguments[0])
    if origin is dict:
        return _table_encoder(arguments[1])
    return _finite if kind is float else typing.cast(Callable[[Any], Any], kind)


def _record_encoder(kind: type) -> Callable[[Any], dict[str, Any]]:
    optional = {entry.name for entry in dataclasses.fields(kind) if entry.default is None}
    entries = [(name, _encoder(hint), name in optional) for name, hint in typing.get_type_hints(kind).items()]

    def encode(value: Any) -> dict[str, Any]:
        data, name = {}, ""
        try:
            for name, encoder, left_out in entries:
                item = getattr(value, name)
                if item is not None or not left_out:
                    data[name] = encoder(item)
        except _NotFiniteError as error:
            error.place.append(f".{name}")
            raise
        return data

    return encode


def _list_encoder(entry: Any) -> Callable[[Any], list[Any]]:
    encoder = _encoder(entry)

    def encode(value: Any) -> list[Any]:
        try:
            return [encoder(item) for item in value]
        except _NotFiniteError as error:
            error.place.append(f"[{_place(encoder, value)}]")
            raise

    return encode


def _place(encoder: Callable[[Any], Any], value: Any) -> int:
    """Where in a list the first number is that is not finite."""
    for index, item in enumerate(value):
        try:
            encoder(item)
        except _NotFiniteError:
            return index
    return -1


def _table_encoder(entry: Any) -> Callable[[Any], dict[str, Any]]:
    if entry is float:  # an undefined measurement is no entry: NaN is not JSON and does not equal itself
        return lambda value: {key: float(item) for key, item in value.items() if math.isfinite(item)}
    encoder = _encoder(entry)

    def encode(value: Any) -> dict[str, Any]:
        data, key = {}, ""
        try:
            for key, item in value.items():
                data[key] = encoder(item)
        except _NotFiniteError as error:
            error.place.append(f".{key}")
            raise
        return data

    return encode


def _finite(value: Any) -> float:
    if not math.isfinite(value):
        raise _NotFiniteError(value)
    return float(value)


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """What decodes values of one annotation, made once."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        known = _decoder(arguments[0])
        return lambda value: None if value is None else known(value)
    if dataclasses.is_dataclass(kind):
        build = typing.cast(Callable[..., Any], kind)
        decoders = {name: _decoder(hint) for name, hint in typing.get_type_hints(kind).items()}
        return lambda value: build(**{name: each(value[name]) for name, each in decoders.items() if name in value})
    if origin is tuple:
        entry = _decoder(arguments[0])
        return lambda value: tuple(map(entry, value))
    if origin is dict:
        item = _decoder(arguments[1])
        return lambda value: {key: item(each) for key, each in value.items()}
    return typing.cast(Callable[[Any], Any], kind)
