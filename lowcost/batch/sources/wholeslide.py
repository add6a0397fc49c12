"""Whole slides: each tile that `lowcost.wholeslide` chooses is an item."""

from __future__ import annotations

from lowcost import wholeslide
from lowcost.batch.item import Item
from lowcost.image import reading
from lowcost.pipeline import Analyzer
from lowcost.result import Field
from lowcost.wholeslide import Region

ENDINGS, recognises = wholeslide.ENDINGS, wholeslide.recognises


def parts(path: str, um_per_px: float | None) -> list[str | None]:
    """Return the tiles of a whole slide.

    Raises
    ------
    InputError
        It cannot be read, or does not say its scale where none is given.
    """
    return [f"region:{region}" for region in wholeslide.regions(path, um_per_px)]


def load(item: Item) -> reading.Image:
    """Read one tile.

    Raises
    ------
    InputError
        It cannot be read.
    """
    return wholeslide.image(item.path, Region.parse(item.which))


def field(analyzer: Analyzer, item: Item) -> Field:
    """Analyse one tile.

    Raises
    ------
    InputError
        It cannot be read.
    """
    return wholeslide.field(analyzer, item.path, Region.parse(item.which))
