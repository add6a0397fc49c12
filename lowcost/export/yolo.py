"""YOLO text labels (Redmon et al. 2016, doi:10.1109/CVPR.2016.91): a file of boxes for each field, and the class names.

Boxes are fractions of the photograph's width and height, counted from the outer corner of its first pixel.
"""

from __future__ import annotations

import json
import os

from lowcost.export import files
from lowcost.result import Cell, Field, SmearResult
from lowcost.taxonomy import CELL_TYPES

_INDEX = {name: index for index, name in enumerate(CELL_TYPES)}


def to_yolo(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write a ZIP archive of the labels; photographs of the same names go into its folder ``images``.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, archive(result))


def archive(result: SmearResult) -> bytes:
    """Return what `to_yolo` writes: ``data.yaml`` with the classes, and ``labels/NAME.txt`` for each field."""
    stems = files.stems(field.name for field in result.fields)
    labels = {f"labels/{stem}.txt": dumps(field) for stem, field in zip(stems, result.fields, strict=True)}
    content = {"data.yaml": _classes(), **labels}
    return files.zipped({name: text.encode("ascii") for name, text in content.items()})


def dumps(field: Field) -> str:
    """Return the labels of one field: a line ``class x y width height`` for each object, x and y its centre."""
    return "".join(f"{_line(field, cell)}\n" for cell in field.cells)


def _line(field: Field, cell: Cell) -> str:
    x0, y0, x1, y1 = cell.box
    across, down = 2 * field.width, 2 * field.height
    box = ((x0 + x1) / across, (y0 + y1) / down, (x1 - x0) / field.width, (y1 - y0) / field.height)
    return " ".join([str(_INDEX[cell.type]), *(f"{value:.9f}" for value in box)])


def _classes() -> str:
    # JSON is YAML: the names need no quoting rules of their own.
    return f"path: .\ntrain: images\nval: images\nnames: {json.dumps(list(CELL_TYPES))}\n"
