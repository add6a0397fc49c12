"""Items and results as the store's columns, and back."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from lowcost import result_json
from lowcost.batch.item import Item
from lowcost.errors import InputError
from lowcost.result import Field

ITEM = "slide, name, path, part, patient, device, day, um_per_px"
"""Columns of an item, in the order of its attributes."""

_NO_NAME = '"name":""'
"""How a packed field begins: the name is the item's."""


def pack(field: Field) -> bytes:
    """Return a field as the store keeps it: the JSON of ``result.json``, compressed, without its name.

    The name is the item's: the same bytes under two names are one result.
    """
    document = result_json.encoded(field, Field) | {"name": ""}
    return zlib.compress(json.dumps(document, allow_nan=False, separators=(",", ":")).encode("ascii"), 1)


def columns(item: Item) -> tuple[Any, ...]:
    """Return an item as the store's columns; a path that is no text in any encoding is kept as its bytes."""
    return tuple("" if i == 3 and value is None else bound(value) for i, value in enumerate(astuple(item)))


def bound(value: Any) -> Any:
    """Return a value as SQLite takes it: a path may be no text in any encoding."""
    return (
        os.fsencode(value) if isinstance(value, str) and any("\ud800" <= each <= "\udfff" for each in value) else value
    )


def item_of(columns: Sequence[Any]) -> Item:
    """Return the item that the store's columns say."""
    values = [text(value) for value in columns]
    values[3] = values[3] or None
    return Item(*values)


def text(value: Any) -> Any:
    """Return a value as `bound` had it."""
    return os.fsdecode(value) if isinstance(value, bytes) else value


def unpack(blob: bytes, name: str, path: Path) -> tuple[Field, str]:
    """Return a packed field with its name, and as the JSON that stands in ``result.json``.

    Raises
    ------
    InputError
        It is damaged; the text names the store at `path`.
    """
    try:
        packed = zlib.decompress(blob).decode("ascii")
        document = json.loads(packed) | {"name": name}
    except (ValueError, zlib.error) as error:
        raise InputError(f"{path} is damaged at {name}: restore it, or analyse the images into a new folder") from error
    field: Field = result_json.decoded(document, Field)
    return field, packed.replace(_NO_NAME, f'"name":{json.dumps(name)}', 1)
