"""Fields that overlap on a mosaic: a cell that lies on two tiles is labelled once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lowcost.datasets.types import LabelledBox, LabelledField
from lowcost.mosaic.doubles import Placed, doubles


def single(fields: Sequence[LabelledField]) -> list[LabelledField]:
    """Return the fields with every cell of a mosaic labelled once, for counting.

    Of the copies of a cell the largest stays, which is the least cut; of equal ones that of the earlier field. What a
    copy is called does not matter: one cell can be named differently on two tiles. Boxes of one tile never exclude each
    other. Fields without a `tile` come back as they are.

    Parameters
    ----------
    fields : sequence of LabelledField
        Tiles of any number of mosaics, in any order.

    Returns
    -------
    list of LabelledField
        In the order given.
    """
    placed = [
        (number, label, Placed(tile.mosaic, number, (x0 + tile.x, y0 + tile.y, x1 + tile.x, y1 + tile.y), whole=False))
        for number, field in enumerate(fields)
        if (tile := field.tile) is not None
        for label in field.boxes
        for x0, y0, x1, y1 in (label.box,)
    ]
    again = doubles([box for _, _, box in placed])
    stay: dict[int, list[LabelledBox]] = {number: [] for number, field in enumerate(fields) if field.tile is not None}
    for (number, label, _), double in zip(placed, again, strict=True):
        if not double:
            stay[number].append(label)
    return [
        replace(field, boxes=tuple(stay[number])) if number in stay else field for number, field in enumerate(fields)
    ]
