"""GeoJSON as QuPath reads it: a file for each field, in the form of `lowcost.convert.geojson`."""

from __future__ import annotations

import os
from typing import Any

from lowcost.convert import geojson, stream
from lowcost.export import files
from lowcost.result import Field, SmearResult


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
    return files.zipped(dict(geojson.write(stream.of_result(result))))


def to_dict(field: Field) -> dict[str, Any]:
    """Return the GeoJSON form of one field; see `lowcost.convert.geojson.document`."""
    return geojson.document(stream.of_field(field))
