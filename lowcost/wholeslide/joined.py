"""A whole slide as one field, for programs that open the slide itself."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lowcost.mosaic.doubles import with_cells
from lowcost.result import Cell, Field, Scale
from lowcost.wholeslide.analysis import merge
from lowcost.wholeslide.region import Region

_VERDICTS = ("accepted", "doubtful", "rejected")


def joined(tiles: Iterable[tuple[Field, Region]], name: str) -> Field:
    """Put the tiles of one slide together into one field in px of the slide's finest level.

    Its GeoJSON (`lowcost.export.geojson.to_dict`) lies on the slide in QuPath.

    Parameters
    ----------
    tiles : iterable of (Field, Region)
        What `field` returned for each region, in any order; one at least.
    name : str
        What the field is called: the slide's file name.

    Returns
    -------
    Field
        Every cell once, numbered in reading order. It is as good as the best of its tiles, for the reasons that any of
        them has; it reaches as far as they do, and its digest is that of theirs.
    """
    ordered = sorted(tiles, key=lambda tile: (tile[1].y, tile[1].x))
    cells = [
        _moved(cell, region) for found, (_, region) in zip(merge(ordered), ordered, strict=True) for cell in found.cells
    ]
    cells.sort(key=lambda cell: (cell.box[1], cell.box[0], cell.box[3], cell.box[2]))
    first, region = ordered[0]
    um_x, um_y = (step / region.downsample for step in region.um_per_px)
    whole = replace(
        first,
        name=name,
        sha256=hashlib.sha256("".join(found.sha256 for found, _ in ordered).encode()).hexdigest(),
        width=max(math.ceil((own.x + own.width) * own.downsample) for _, own in ordered),
        height=max(math.ceil((own.y + own.height) * own.downsample) for _, own in ordered),
        verdict=min((found.verdict for found, _ in ordered), key=_VERDICTS.index),
        reasons=tuple(dict.fromkeys(reason for found, _ in ordered for reason in found.reasons)),
        quality={},
        scale=Scale(um_x, um_y, first.scale.source, first.scale.confidence),
    )
    return with_cells(whole, [replace(cell, id=number) for number, cell in enumerate(cells, start=1)])


def _moved(cell: Cell, region: Region) -> Cell:
    """A cell in px of the slide's finest level."""
    x0, y0 = region.on_slide(*cell.box[:2])
    x1, y1 = region.on_slide(*cell.box[2:])

    def points(polygon: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
        moved = (region.on_slide(x, y) for x, y in polygon)
        return tuple((round(x, 2), round(y, 2)) for x, y in moved)

    return replace(
        cell,
        box=(math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)),
        polygon=points(cell.polygon),
        nucleus_polygons=tuple(points(part) for part in cell.nucleus_polygons),
    )
