"""Fields that overlap on a mosaic: a cell that lies on two tiles is one cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import floor

from lowcost.datasets.types import Box, LabelledBox, LabelledField

SHARED = 0.5
"""Two boxes of neighbouring tiles are one cell where they share at least this part of the smaller one: the copy that a
tile's edge cuts is smaller than the whole cell."""

_PLACE = 256
# Side of the squares in px by which neighbours on the mosaic are looked up.


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
    ranked = sorted(
        (
            (-_area(shifted), number, place, field.tile.mosaic, shifted)
            for number, field in enumerate(fields)
            if field.tile is not None
            for place, box in enumerate(field.boxes)
            for shifted in (_shifted(box, field.tile.x, field.tile.y),)
        ),
        key=lambda item: item[:3],
    )
    kept: dict[tuple[str, int, int], list[tuple[int, Box]]] = defaultdict(list)
    doubles: set[tuple[int, int]] = set()
    for _, number, place, mosaic, box in ranked:
        squares = [(mosaic, x, y) for x in _squares(box[0], box[2]) for y in _squares(box[1], box[3])]
        if any(other != number and _is_copy(box, whole) for square in squares for other, whole in kept[square]):
            doubles.add((number, place))
            continue
        for square in squares:
            kept[square].append((number, box))
    return [
        replace(field, boxes=tuple(box for place, box in enumerate(field.boxes) if (number, place) not in doubles))
        for number, field in enumerate(fields)
    ]


def _shifted(labelled: LabelledBox, x: float, y: float) -> Box:
    x0, y0, x1, y1 = labelled.box
    return (x0 + x, y0 + y, x1 + x, y1 + y)


def _squares(low: float, high: float) -> range:
    return range(floor(low / _PLACE), floor(high / _PLACE) + 1)


def _is_copy(smaller: Box, larger: Box) -> bool:
    width = min(smaller[2], larger[2]) - max(smaller[0], larger[0])
    height = min(smaller[3], larger[3]) - max(smaller[1], larger[1])
    return width > 0 and height > 0 and width * height >= SHARED * _area(smaller)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
