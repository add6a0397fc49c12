"""Tiles of a whole slide, each analysed as an ordinary photograph, and put together so that every cell counts once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from lowcost.image import reading
from lowcost.mosaic.doubles import Placed, doubles, with_cells
from lowcost.pipeline import Analyzer
from lowcost.result import Cell, Field
from lowcost.wholeslide.region import Region
from lowcost.wholeslide.slide import Slide

MARGIN_UM = 4.0
"""A tile keeps cells whose middle lies this far beyond its core: what two tiles see of one cell can differ by less."""


def field(analyzer: Analyzer, path: str | os.PathLike[str], region: Region) -> Field:
    """Analyse one tile by the light and the scale of its slide.

    Parameters
    ----------
    analyzer : Analyzer
        The models.
    path : path
        The slide.
    region : Region
        The tile, as `regions` gave it.

    Returns
    -------
    Field
        With the cells whose middle lies in the tile's core or just beyond; boxes in px of the tile, whose place stands
        in the field's name. Put the tiles of a slide through `merge` before cells are counted.

    Raises
    ------
    InputError
        The slide cannot be read there.
    """
    with Slide(path, region.um_per_px[0] / region.downsample) as slide:
        pixels = slide.read(region.x, region.y, region.width, region.height, region.level)
        image = replace(reading.read(pixels), name=f"{slide.name} [{region.place}]", um_per_px=region.um_per_px)
    found = analyzer.field(image, white=region.white)
    return with_cells(found, [cell for cell in found.cells if _is_own(cell, region)])


def merge(tiles: Iterable[tuple[Field, Region]]) -> list[Field]:
    """Put the tiles of one slide together.

    Parameters
    ----------
    tiles : iterable of (Field, Region)
        What `field` returned for each region, in any order.

    Returns
    -------
    list of Field
        In reading order of the tiles, every cell once: of the copies that neighbouring tiles hold, a whole one stays
        before one that a tile's edge cuts, then the largest, then that of the first tile in reading order.
    """
    ordered = sorted(tiles, key=lambda tile: (tile[1].y, tile[1].x))
    where = [(number, cell) for number, (found, _) in enumerate(ordered) for cell in found.cells]
    double = doubles([_placed(number, cell, ordered[number][1]) for number, cell in where])
    stay: list[list[Cell]] = [[] for _ in ordered]
    for (number, cell), again in zip(where, double, strict=True):
        if not again:
            stay[number].append(cell)
    return [with_cells(found, cells) for (found, _), cells in zip(ordered, stay, strict=True)]


def _is_own(cell: Cell, region: Region) -> bool:
    """Whether the middle of a cell lies in the core of its tile or just beyond."""
    x0, y0, x1, y1 = cell.box
    left, top, right, bottom = region.core
    margin_x, margin_y = (MARGIN_UM / step for step in region.um_per_px)
    return left - margin_x <= (x0 + x1) / 2 <= right + margin_x and top - margin_y <= (y0 + y1) / 2 <= bottom + margin_y


def _placed(tile: int, cell: Cell, region: Region) -> Placed:
    """The box of a cell in px of the region's level, of the whole slide."""
    x0, y0, x1, y1 = cell.box
    box = (x0 + region.x, y0 + region.y, x1 + region.x, y1 + region.y)
    return Placed(region.level, tile, box, not cell.touches_edge)
