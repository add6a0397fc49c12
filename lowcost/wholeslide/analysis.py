"""Tiles of a whole slide, each analysed as an ordinary photograph, and put together so that every cell counts once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace

from lowcost.image import reading
from lowcost.mosaic.doubles import Placed, doubles, with_cells, without
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
    given = region.um_per_px[0] if region.given else None
    found = analyzer.field(image(path, region), um_per_px=given, white=region.white)
    return with_cells(found, [cell for cell in found.cells if _is_own(cell, region)])


def image(path: str | os.PathLike[str], region: Region) -> reading.Image:
    """Read one tile.

    Parameters
    ----------
    path : path
        The slide.
    region : Region
        The tile, as `regions` gave it.

    Raises
    ------
    InputError
        The slide cannot be read there.
    """
    with Slide(path, region.um_per_px[0] / region.downsample) as slide:
        pixels = slide.read(region.x, region.y, region.width, region.height, region.level)
        return replace(reading.read(pixels), name=f"{slide.name} [{region.place}]", um_per_px=region.um_per_px)


def merge(tiles: Iterable[tuple[Field, Region]]) -> list[Field]:
    """Put the tiles of one slide together.

    Parameters
    ----------
    tiles : iterable of (Field, Region)
        What `field` returned for each region, in any order.

    Returns
    -------
    list of Field
        In reading order of the tiles, every cell once.
    """
    ordered = sorted(tiles, key=lambda tile: (tile[1].y, tile[1].x))
    again = copies(ordered)
    return [without(found, again[region]) for found, region in ordered]


def copies(tiles: Iterable[tuple[Field, Region]]) -> dict[Region, set[int]]:
    """Say which cells of tiles are further copies of a cell that another tile of the slide holds.

    A whole copy stays before one that a tile's edge cuts, then the largest, then that of the first tile in reading
    order. Of the tiles no more is kept than the boxes of their cells.

    Parameters
    ----------
    tiles : iterable of (Field, Region)
        What `field` returned for each region, in any order.

    Returns
    -------
    dict of Region to set of int
        For each tile the numbers of the cells that do not count.
    """
    where = [(region, [(cell.id, _placed(cell, region)) for cell in found.cells]) for found, region in tiles]
    where.sort(key=lambda tile: (tile[0].y, tile[0].x))
    numbered = [
        (region, cell, replace(box, field=number))
        for number, (region, cells) in enumerate(where)
        for cell, box in cells
    ]
    again: dict[Region, set[int]] = {region: set() for region, _ in where}
    for (region, cell, _), double in zip(numbered, doubles([box for _, _, box in numbered]), strict=True):
        if double:
            again[region].add(cell)
    return again


def _is_own(cell: Cell, region: Region) -> bool:
    """Whether the middle of a cell lies in the core of its tile or just beyond."""
    x0, y0, x1, y1 = cell.box
    left, top, right, bottom = region.core
    margin_x, margin_y = (MARGIN_UM / step for step in region.um_per_px)
    return left - margin_x <= (x0 + x1) / 2 <= right + margin_x and top - margin_y <= (y0 + y1) / 2 <= bottom + margin_y


def _placed(cell: Cell, region: Region) -> Placed:
    """The box of a cell in px of the region's level, of the whole slide."""
    x0, y0, x1, y1 = cell.box
    box = (x0 + region.x, y0 + region.y, x1 + region.x, y1 + region.y)
    return Placed(region.level, 0, box, not cell.touches_edge)
