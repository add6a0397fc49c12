"""Whole slides, as `lowcost.wholeslide` reads them: each region of interest is an item."""

from __future__ import annotations

from lowcost.batch.item import Item
from lowcost.batch.sources import place
from lowcost.errors import InputError
from lowcost.pipeline import Analyzer
from lowcost.result import Field

ENDINGS = (".bif", ".mrxs", ".ndpi", ".scn", ".svs", ".svslide", ".vms", ".vmu")
"""By which a whole slide is known; a TIFF file is asked."""


def recognises(path: str) -> bool:
    """Whether a file is a whole slide."""
    return path.lower().endswith(ENDINGS)


def parts(path: str) -> list[str | None]:
    """Return the regions of a whole slide.

    Raises
    ------
    InputError
        It cannot be read.
    """
    raise InputError(f"{place.printable(path)} is a whole slide, which this version does not read")


def field(analyzer: Analyzer, item: Item) -> Field:
    """Analyse one region of a whole slide.

    Raises
    ------
    InputError
        It cannot be read.
    """
    raise InputError(f"{place.printable(item.path)} is a whole slide, which this version does not read")
