"""COCO detection format (Lin et al. 2014, doi:10.1007/978-3-319-10602-1_48): boxes, outlines, types for other tools."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from lowcost.export import files
from lowcost.export.polygon import area, corners
from lowcost.result import Cell, Field, SmearResult
from lowcost.taxonomy import CELL_TYPES

_CATEGORIES = {name: number for number, name in enumerate(CELL_TYPES, 1)}


def to_coco(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write all objects as one COCO file.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, f"{dumps(result)}\n".encode("ascii"))


def dumps(result: SmearResult) -> str:
    """Return the COCO form of a result as one line of JSON."""
    return json.dumps(to_dict(result), allow_nan=False)


def to_dict(result: SmearResult) -> dict[str, Any]:
    """Return the COCO form of a result.

    Returns
    -------
    dict
        ``bbox`` is x, y, width, height; ``segmentation`` the outline of the whole cell, ``nucleus_segmentation`` that
        of the parts of its nucleus, all in px from the outer corner of the first pixel. ``score``, ``touches_edge`` and
        ``attributes`` (values by name) are added to what COCO asks for, ``um_per_px`` and ``verdict`` to the images.
    """
    images = [_image(number, field) for number, field in enumerate(result.fields, 1)]
    found = ((number, cell) for number, field in enumerate(result.fields, 1) for cell in field.cells)
    return {
        "info": {"description": f"lowcost. {result.notice}", **result.provenance},
        "images": images,
        "categories": [
            {"id": number, "name": name, "supercategory": "leukocyte" if CELL_TYPES[name].is_leukocyte else "other"}
            for name, number in _CATEGORIES.items()
        ],
        "annotations": [_annotation(number, image, cell) for number, (image, cell) in enumerate(found, 1)],
    }


def _image(number: int, field: Field) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": field.name,
        "width": field.width,
        "height": field.height,
        "um_per_px": [field.scale.um_per_px_x, field.scale.um_per_px_y],
        "verdict": field.verdict,
    }


def _annotation(number: int, image: int, cell: Cell) -> dict[str, Any]:
    x0, y0, x1, y1 = cell.box
    outline = corners(cell)
    return {
        "id": number,
        "image_id": image,
        "category_id": _CATEGORIES[cell.type],
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": area(outline),
        "segmentation": [_flat(outline)],
        "nucleus_segmentation": [_flat(part) for part in cell.nucleus_polygons],
        "iscrowd": 0,
        "score": cell.probability,
        "touches_edge": cell.touches_edge,
        "attributes": {name: attribute.value for name, attribute in cell.attributes.items()},
    }


def _flat(points: Sequence[tuple[float, float]]) -> list[float]:
    return [value for point in points for value in point]
