"""GeoJSON (RFC 7946) as QuPath reads it (Bankhead et al. 2017, doi:10.1038/s41598-017-17204-5): a file for each field.

Coordinates are px of the photograph as stored after EXIF orientation, x to the right and y down, counted from the outer
corner of the first pixel: its centre is at (0.5, 0.5). QuPath counts in the same way, so nothing is shifted; a tool
that counts from the centre of the first pixel must take 0.5 away from both.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from typing import Any

from lowcost.export import files
from lowcost.export.palette import COLOURS
from lowcost.export.polygon import corners
from lowcost.result import Cell, Field, SmearResult
from lowcost.taxonomy import CELL_TYPES

_NAMES = uuid.UUID("1d6a1a4e-3f0b-4d0e-8b0b-7a3e8f5b2c90")
"""Under which objects get their identifiers: the same cell has the same one, so QuPath replaces instead of doubling."""


def to_geojson(result: SmearResult, path: str | os.PathLike[str]) -> None:
    """Write a ZIP archive of one GeoJSON file for each field, named after its photograph.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write(path, archive(result))


def archive(result: SmearResult) -> bytes:
    """Return what `to_geojson` writes; QuPath opens the files in it one by one, each on its photograph."""
    stems = files.stems(field.name for field in result.fields)
    return files.zipped(
        {
            f"{stem}.geojson": f"{json.dumps(to_dict(field), allow_nan=False)}\n".encode("ascii")
            for stem, field in zip(stems, result.fields, strict=True)
        }
    )


def to_dict(field: Field) -> dict[str, Any]:
    """Return the GeoJSON form of one field.

    Returns
    -------
    dict
        A ``FeatureCollection``. Cells are QuPath's objects of the kind ``cell``, with ``nucleusGeometry``; what has no
        nucleus is a ``detection``. ``classification`` is the type's label with its colour; ``measurements`` are the
        features and the probability.
    """
    return {"type": "FeatureCollection", "features": [_feature(field, cell) for cell in field.cells]}


def _feature(field: Field, cell: Cell) -> dict[str, Any]:
    nuclei = [part for part in cell.nucleus_polygons if len(part) > 2]
    nucleus = {"nucleusGeometry": {"type": "MultiPolygon", "coordinates": [[_ring(part)] for part in nuclei]}}
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(_NAMES, f"{field.sha256} {cell.id}")),
        "geometry": {"type": "Polygon", "coordinates": [_ring(corners(cell))]},
        **(nucleus if nuclei else {}),
        "properties": {
            "objectType": "cell" if nuclei else "detection",
            "name": f"{cell.id}",
            "classification": {"name": CELL_TYPES[cell.type].label, "color": list(COLOURS[cell.type])},
            "measurements": {"probability": cell.probability, **cell.features},
            "metadata": {
                "type": cell.type,
                "touches_edge": str(cell.touches_edge).lower(),
                **{name: found.value for name, found in cell.attributes.items()},
            },
        },
    }


def _ring(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    """A closed ring: its last point is its first."""
    return [[x, y] for x, y in (*points, points[0])]
