"""``result.json`` and ``cells.csv``: a source that is no result becomes one, doubtful because nothing was measured."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lowcost import __version__, differential, features
from lowcost.bundle import Bundle
from lowcost.convert.photographs import Photographs
from lowcost.convert.stream import Labelled, Labels, Photograph, boxed, check, largest, of_result, understood
from lowcost.datasets.layouts import table
from lowcost.datasets.types import is_there
from lowcost.errors import InputError
from lowcost.export import csv as cells
from lowcost.export import json as result_file
from lowcost.result import Cell, Field, Scale, SmearResult, rounded
from lowcost.taxonomy import CELL_TYPES, UNIDENTIFIED

_NOT_MEASURED = "labels from another format: the photograph was not analysed"
_EDGES = ("x0", "y0", "x1", "y1")

ONE_BY_ONE = (
    "convert it slide by slide, from slides/*/result.json, or write all slides with lowcost programme --coco (or "
    "--geojson)"
)
"""What to do with the slides of a batch."""

_MOST_SLIDES = 3
"""Slides of a table that are named before the rest is only counted."""


def read(path: Path, photographs: Photographs) -> Labels:
    """Read a ``result.json``.

    Raises
    ------
    InputError
        The file cannot be read or does not follow the schema.
    """
    labels = of_result(result_file.from_json(path))
    try:
        for cell in (cell for each in labels.photographs for cell in each.boxes):
            check(cell.label, (*cell.box, *(edge for part in cell.shape for point in part for edge in point)))
    except ValueError as error:
        raise InputError(f"{path.name} is damaged ({error}): analyse the photographs again") from error
    found = (
        dataclasses.replace(each, path=photographs.find(each.file_name) or each.path) for each in labels.photographs
    )
    return dataclasses.replace(labels, photographs=tuple(found))


def read_table(path: Path, photographs: Photographs) -> Labels:
    """Read a ``cells.csv``; photographs without a cell are not in it.

    Raises
    ------
    InputError
        The file cannot be read, has other columns, or is of several slides or tables, which it does not keep apart.
    """
    rows = table(path)
    slides = list(dict.fromkeys(_shown(row["slide"]) for row in rows if "slide" in row))
    if len(slides) > 1:
        named = ", ".join(slides[:_MOST_SLIDES]) + (", ..." if len(slides) > _MOST_SLIDES else "")
        raise InputError(
            f"{path.name} is of {len(slides)} slides ({named}), whose photographs may have the same names: {ONE_BY_ONE}"
        )
    fields: dict[tuple[str, str], dict[str, Labelled]] = {}
    try:
        for row in rows:
            number, name, cell = row["field_number"], _shown(row["field"]), row["id"]
            boxes = fields.setdefault((number, name), {})
            if cell in boxes:
                raise InputError(
                    f"{path.name} has cell {cell} of photograph {number} ({name}) twice: convert tables one by one"
                )
            boxes[cell] = _row(row)
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        what = f"no column {error}" if isinstance(error, KeyError) else error
        raise InputError(f"{path.name} is not a cells.csv that lowcost wrote ({what})") from error
    found = (
        Photograph(path.stem, photographs.find(name) or Path(name), tuple(boxes.values()), file_name=name)
        for (_, name), boxes in fields.items()
    )
    return Labels(tuple(found), tuple(CELL_TYPES))


def _row(row: Mapping[str, str]) -> Labelled:
    x0, y0, x1, y1 = (int(row[edge]) for edge in _EDGES)
    named = {column.partition(".")[::2]: value for column, value in row.items() if value and "." in column}
    measured = {name: float(value) for (kind, name), value in named.items() if kind == "feature"}
    return boxed(
        row["type"],
        (x0, y0, x1, y1),
        score=float(row["probability"]) if row["probability"] else None,
        judged=understood({name: value for (kind, name), value in named.items() if kind == "attribute"}),
        measurements=measured,
        touches_edge=row["touches_edge"] == "true",
    )


def _shown(name: str) -> str:
    """A name without the apostrophe that keeps spreadsheets from running it."""
    return name[1:] if re.match(r"'[=+\-@\t\r]", name) else name


def label(box: Labelled) -> str | None:
    """Return the type that a result has for an object, or None: ``WBC`` is unidentified, a red cell has none."""
    word = re.sub(r"[^a-z0-9]+", "_", box.label.strip().lower()).strip("_")
    named = next((name for name in (word, word.removesuffix("s")) if name in CELL_TYPES), None)
    if len(box.types) == 1:
        return next(iter(box.types))
    return named or (UNIDENTIFIED if box.is_leukocyte else None)


def write(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write a ``result.json``."""
    yield "", f"{result_file.dumps(_result(labels))}\n".encode("ascii")


def write_table(labels: Labels) -> Iterator[tuple[str, bytes]]:
    """Write a ``cells.csv``."""
    yield "", cells.dumps(_result(labels)).encode("utf-8", "backslashreplace")


def _result(labels: Labels) -> SmearResult:
    """The labels as a result; the differential counts them as they are, without a classifier's errors."""
    fields = tuple(_field(each) for each in labels.photographs)
    conventions = Bundle.load().section("differential", differential.Parameters)
    measured = differential.measure(fields, dataclasses.replace(conventions, confusion={}))
    return SmearResult(fields, measured, (), {"lowcost": __version__, "converted": "from labels"})


def _field(shown: Photograph) -> Field:
    found = tuple(_cell(number, box, shown.size) for number, box in enumerate(shown.boxes, 1))
    if shown.field is not None:
        return dataclasses.replace(shown.field, cells=found)
    x = shown.um_per_px or 0.0
    width, height = shown.size or (0, 0)
    return Field(
        name=shown.file_name,
        sha256=hashlib.sha256(shown.path.read_bytes()).hexdigest() if is_there(shown.path) else "0" * 64,
        width=width,
        height=height,
        verdict="doubtful",
        reasons=(_NOT_MEASURED,),
        quality={},
        scale=Scale(x, shown.um_per_px_y or x, "given" if x else "unknown", 1.0 if x else 0.0),
        white_point=(255, 255, 255),
        stain_vectors={},
        cells=found,
    )


def _cell(number: int, box: Labelled, size: tuple[int, int] | None) -> Cell:
    if box.cell is not None:
        return box.cell
    x0, y0, x1, y1 = box.box
    width, height = size or (math.ceil(x1), math.ceil(y1))
    probability = 1.0 if box.score is None else box.score
    return Cell(
        id=number,
        box=(max(math.floor(x0), 0), max(math.floor(y0), 0), min(math.ceil(x1), width), min(math.ceil(y1), height)),
        polygon=largest(box.outlines),
        nucleus_polygons=box.nuclei,
        type=box.label,
        probability=probability,
        probabilities={} if box.score is None else {box.label: probability},
        touches_edge=bool(box.touches_edge),
        attributes=dict(box.judged),
        features={name: rounded(box.measurements[name]) for name in features.NAMES if name in box.measurements},
    )
