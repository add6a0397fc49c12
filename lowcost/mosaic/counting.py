"""Overlapping fields counted together: each cell once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lowcost.mosaic.doubles import unique
from lowcost.mosaic.plane import place
from lowcost.mosaic.registration import Thumb
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
    planes : int
        How many groups of fields there are that overlap, directly or through others, those that are alone among them.
    """

    fields: list[Field]
    copies: list[set[int]]
    alone: list[int]
    planes: int


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
    return Counted(left, copies, alone, len(fields_on))
