"""The cells of a slide that a person should see first, cut from its photographs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from heapq import nsmallest

from lowcost.batch import sources
from lowcost.batch.item import Item
from lowcost.batch.store import Store
from lowcost.errors import LowcostError
from lowcost.programme import tiles
from lowcost.programme.tally import BLASTS
from lowcost.report.pictures import crop, frame, jpeg
from lowcost.result import Cell, Field
from lowcost.taxonomy import UNIDENTIFIED

MOST = 8
"""Cells of one slide that are shown."""


@dataclass(frozen=True)
class Picture:
    """One cell.

    Attributes
    ----------
    cell : Cell
        What was found.
    photograph : str
        The image on which it lies; of a tile the whole slide's file.
    where : str
        Which cell of it this is: its number, of a tile its middle in px of the slide's finest level.
    jpeg : bytes
        The cell, `lowcost.report.pictures.CROP_UM` wide.
    """

    cell: Cell
    photograph: str
    where: str
    jpeg: bytes


def take(store: Store, slide: str) -> list[Picture]:
    """Take the pictures of a slide's surest blast equivalents, then of the cells without a name that most may be ones.

    Photographs that are no longer where they were, or are others by now, give none.

    Parameters
    ----------
    store : Store
        The store.
    slide : str
        Its name.
    """
    found = (
        (item, field, cell)
        for item, field in store.fields(slide)
        if field.verdict != "rejected"
        for cell in field.cells
        if cell.type in BLASTS or cell.type == UNIDENTIFIED
    )
    first = nsmallest(MOST, found, lambda own: (own[2].type == UNIDENTIFIED, -_blast(own[2]), own[0].name, own[2].id))
    wanted: dict[str, list[tuple[Item, Field, Cell]]] = defaultdict(list)
    for own in first:
        wanted[own[0].name].append(own)
    pictures = {}
    for name, cells in wanted.items():
        item, field, _ = cells[0]
        try:
            image = sources.load(item)
        except LowcostError:
            continue
        if image.sha256 == field.sha256:
            for _, _, cell in cells:
                jpg = jpeg(crop(image.pixels, *frame(cell, field)))
                pictures[name, cell.id] = Picture(cell, *tiles.place(item, cell), jpg)
    return [pictures[item.name, cell.id] for item, _, cell in first if (item.name, cell.id) in pictures]


def _blast(cell: Cell) -> float:
    """How probably a cell is a blast equivalent."""
    return sum(cell.probabilities.get(name, 0.0) for name in BLASTS)
