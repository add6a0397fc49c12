"""``cells.csv``: one row per object found, everything that is known of it, for a spreadsheet or a data frame."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence

from lowcost.export import files
from lowcost.export.polygon import area
from lowcost.result import Cell, Field, SmearResult
from lowcost.taxonomy import ATTRIBUTES

Value = str | int | float | bool | None

_OBJECT: dict[str, type] = {
    "field_number": int,
    "field": str,
    "field_verdict": str,
    "id": int,
    "type": str,
    "probability": float,
    "is_leukocyte": bool,
    **dict.fromkeys(("x0", "y0", "x1", "y1"), int),
    "touches_edge": bool,
    **dict.fromkeys(("area_um2", "nucleus_area_um2"), float),
    "possible_types": str,
    **dict.fromkeys(("novelty", "field_novelty"), float),
}


def to_csv(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write the table of cells as comma-separated UTF-8 text.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, dumps(result).encode("utf-8", "backslashreplace"))


def dumps(result: SmearResult) -> str:
    """Return the table of cells as comma-separated text (RFC 4180).

    Returns
    -------
    str
        Columns for the field (its number from 1, name and verdict), id, type, box (px) and areas (um2), the types that
        the cell may have (``neutrophil_segmented or monocyte``), its novelty and the field's, then
        ``probability.<type>``, ``attribute.<name>`` with ``.probability`` and ``.evidence``, and ``feature.<name>``.
        What does not exist for a cell is empty; truth is ``true`` or ``false``; a text that a spreadsheet would run as
        a formula is led by an apostrophe.
    """
    types = _union(cell.probabilities for cell in result.cells)
    features = _union(cell.features for cell in result.cells)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header(types, features))
    for number, field in enumerate(result.fields, 1):
        for cell in field.cells:
            writer.writerow(row(number, field, cell, types, features))
    return text.getvalue()


def header(types: Sequence[str], features: Sequence[str]) -> list[str]:
    """Return the names of the columns, for probabilities of these types and for these features."""
    return [
        *_OBJECT,
        *(f"probability.{name}" for name in types),
        *(f"attribute.{name}{part}" for name in ATTRIBUTES for part in ("", ".probability", ".evidence")),
        *(f"feature.{name}" for name in features),
    ]


def kind(column: str) -> type:
    """Return what a column holds: `str`, `int`, `float` or `bool`."""
    if column in _OBJECT:
        return _OBJECT[column]
    return str if column.startswith("attribute.") and not column.endswith(".probability") else float


def row(number: int, field: Field, cell: Cell, types: Sequence[str], features: Sequence[str]) -> list[Value]:
    """Return the columns of one object of the field of this number, as they are written."""
    um2 = field.scale.um_per_px_x * field.scale.um_per_px_y  # per px; 0 where unknown
    areas = (area(cell.polygon), sum(map(area, cell.nucleus_polygons)))
    seen: list[Value] = [number, field.name, field.verdict, cell.id, cell.type, cell.probability, cell.is_leukocyte]
    seen += [*cell.box, cell.touches_edge]
    seen += [px * um2 or None for px in areas]
    seen += [" or ".join(cell.possible_types) or None, cell.novelty, field.novelty]
    seen += map(cell.probabilities.get, types)
    seen += [value for name in ATTRIBUTES for value in _attribute(cell, name)]
    return [*map(shown, seen), *map(cell.features.get, features)]


def shown(value: Value) -> Value:
    """Return a value as it is written: a text that a spreadsheet would run as a formula is led by an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


def _attribute(cell: Cell, name: str) -> tuple[Value, Value, Value]:
    found = cell.attributes.get(name)
    return (found.value, found.probability, found.evidence) if found else (None, None, None)


def _union(tables: Iterable[dict[str, float]]) -> list[str]:
    """Every name of some tables, in the order of first appearance."""
    return list({name: None for table in tables for name in table})
