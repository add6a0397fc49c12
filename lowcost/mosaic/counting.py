"""Overlapping fields counted together: each cell once, and what is to be said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lowcost.mosaic.doubles import unique
from lowcost.mosaic.plane import place
from lowcost.mosaic.registration import Thumb
from lowcost.report import words
from lowcost.result import Field


@dataclass(frozen=True)
class Counted:
    """Fields with every cell once.

    Attributes
    ----------
    fields : list of Field
        In the order given; cells keep their numbers.
    copies : list of set of int
        For each field the numbers of its cells that another field gives.
    alone : list of int
        The fields that overlap no other.
    note : str
        What was done, for the result's provenance.
    """

    fields: list[Field]
    copies: list[set[int]]
    alone: list[int]
    note: str


def count_once(fields: Sequence[Field], thumbs: Sequence[Thumb]) -> Counted:
    """Find how fields lie to each other, and leave out further copies of their cells.

    Parameters
    ----------
    fields : sequence of Field
        What was found on each.
    thumbs : sequence of Thumb
        Each of them, shrunk.
    """
    places = place(thumbs)
    left = unique(fields, places)
    copies = [
        {cell.id for cell in before.cells} - {cell.id for cell in after.cells}
        for before, after in zip(fields, left, strict=True)
    ]
    fields_on = Counter(each.plane for each in places)
    alone = [number for number, each in enumerate(places) if fields_on[each.plane] == 1]
    placed = f"{words.count(len(places), 'field')} on {words.count(len(fields_on), 'plane')}"
    left_out = words.count(sum(map(len, copies)), "further copy of a cell", "further copies of cells")
    return Counted(left, copies, alone, f"{placed}; {left_out} left out")
