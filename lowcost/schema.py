"""A reader of JSON Schema, as much as ``result.schema.json`` uses: the published schema is the one that is enforced.

Understood are ``type``, ``properties``, ``required``, ``additionalProperties`` and ``propertyNames`` with a schema,
``items``, ``minItems``, ``maxItems``, ``enum``, ``pattern``, ``minimum``, ``maximum`` and ``$ref`` into ``$defs``.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from lowcost.errors import InputError

_KINDS = {
    "object": ("an object", "objects"),
    "array": ("a list", "lists"),
    "string": ("a text", "texts"),
    "integer": ("an integer", "integers"),
    "number": ("a finite number", "numbers"),
    "boolean": ("true or false", "booleans"),
    "null": ("null", "nulls"),
}
"""What each type is called in a sentence, one of it and several."""


def check(value: Any, schema: dict[str, Any]) -> None:
    """Check a JSON value.

    Parameters
    ----------
    value : object
        As `json.loads` gives it.
    schema : dict
        A schema that uses the keywords above, with its ``$defs``.

    Raises
    ------
    InputError
        The value does not follow the schema; the text names the first place, for example
        ``fields[0].cells[3].box: expected 4 integers, got 3``.
    """
    _Check(schema.get("$defs", {})).visit(value, schema, "")


def named(value: Any) -> str:
    """Return what a JSON value is, in a few words that fit in a sentence."""
    if isinstance(value, (dict, list)):
        return _KINDS["object" if isinstance(value, dict) else "array"][0]
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return f"a Python {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."


class _Check:
    """One pass over a value; `definitions` are what ``$ref`` points to."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self.definitions = definitions

    def visit(self, value: Any, schema: dict[str, Any], where: str) -> None:
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix("#/$defs/")]
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(value, kind) for kind in kinds):
            raise _error(where, " or ".join(_KINDS[kind][0] for kind in kinds), named(value))
        if "enum" in schema and value not in schema["enum"]:
            raise _error(where, f"one of {', '.join(map(str, schema['enum']))}", named(value))
        if isinstance(value, dict):
            self._object(value, schema, where)
        elif isinstance(value, list):
            self._list(value, schema, where)
        elif isinstance(value, str):
            if "pattern" in schema and not re.search(schema["pattern"], value):
                raise _error(where, f"a text like {schema['pattern']}", named(value))
        elif value is not None and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            raise _error(where, _range(schema), named(value))

    def _object(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> None:
        for name in schema.get("required", ()):
            if name not in value:
                raise InputError(f"{_joined(where, name)}: missing")
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            if "propertyNames" in schema:
                self.visit(name, schema["propertyNames"], where)
            inner = properties.get(name, others)
            if inner is not None:
                self.visit(item, inner, _joined(where, name))

    def _list(self, value: list[Any], schema: dict[str, Any], where: str) -> None:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if len(value) < least or (most is not None and len(value) > most):
            kind = schema["items"].get("type")
            things = _KINDS[kind][1] if isinstance(kind, str) else "items"
            number = str(least) if least == most else f"at most {most}" if most is not None else f"at least {least}"
            raise _error(where, f"{number} {things}", str(len(value)))
        for i, item in enumerate(value):
            self.visit(item, schema["items"], f"{where}[{i}]")


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type; 3.0 is an integer, infinity no number."""
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        try:
            finite = math.isfinite(value)
        except OverflowError:  # an integer beyond any double
            return False
        return finite and (kind == "number" or value == int(value))
    expected = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}[kind]
    return isinstance(value, expected)


def _range(schema: dict[str, Any]) -> str:
    if "maximum" not in schema:
        return f"a number of at least {schema['minimum']}"
    return f"a number between {schema['minimum']} and {schema['maximum']}"


def _joined(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _error(where: str, expected: str, got: str) -> InputError:
    return InputError(f"{where}: expected {expected}, got {got}")
