"""A cell that lies on two overlapping fields is one cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass, replace
from math import floor

from lowcost import novelty
from lowcost.mosaic.plane import Place
from lowcost.result import Cell, Field

Box = tuple[float, float, float, float]

SHARED = 0.5
"""Two boxes of overlapping fields are one cell where they share at least this part of the smaller one: the copy that a
field's edge cuts is smaller than the whole cell."""

LIKE = 0.25
"""Of two whole copies the smaller has at least this part of the larger one's area: a platelet in the corner of a cell's
box is no copy of the cell."""

_SQUARE = 256
# Side of the squares in px by which neighbours on the plane are looked up.


@dataclass(frozen=True)
class Placed:
    """A box on the plane of its slide.

    Attributes
    ----------
    plane : hashable
        Boxes of different planes never meet.
    field : int
        Number of the field; boxes of one field never exclude each other.
    box : (x0, y0, x1, y1)
        In px of the plane.
    whole : bool
        Whether the box is known to hold the whole cell.
    """

    plane: Hashable
    field: int
    box: Box
    whole: bool


def doubles(boxes: Sequence[Placed]) -> list[bool]:
    """Say which boxes are further copies of a cell.

    Of the copies of a cell a whole one stays before one that may be cut, then the largest, which is the least cut, then
    that of the earlier field.

    Parameters
    ----------
    boxes : sequence of Placed
        Of any number of planes and fields.

    Returns
    -------
    list of bool
        True for each box that shows a cell of which another copy stays.
    """
    order = sorted(range(len(boxes)), key=lambda i: (not boxes[i].whole, -_area(boxes[i].box), boxes[i].field, i))
    kept: dict[tuple[Hashable, int, int], list[Placed]] = defaultdict(list)
    double = [False] * len(boxes)
    for index in order:
        own = boxes[index]
        x0, y0, x1, y1 = own.box
        squares = [(own.plane, x, y) for x in _squares(x0, x1) for y in _squares(y0, y1)]
        if any(other.field != own.field and _is_copy(own, other) for square in squares for other in kept[square]):
            double[index] = True
            continue
        for square in squares:
            kept[square].append(own)
    return double


def unique(fields: Sequence[Field], places: Sequence[Place]) -> list[Field]:
    """Return overlapping fields with every cell of the plane once.

    Parameters
    ----------
    fields : sequence of Field
        What was found on each.
    places : sequence of Place
        Where each of them lies.

    Returns
    -------
    list of Field
        In the order given; cells keep their numbers, and a field's novelty is that of the cells that stay.
    """
    where = [(number, cell) for number, field in enumerate(fields) for cell in field.cells]
    double = doubles([_placed(number, cell, places[number]) for number, cell in where])
    stay: list[list[Cell]] = [[] for _ in fields]
    for (number, cell), again in zip(where, double, strict=True):
        if not again:
            stay[number].append(cell)
    return [with_cells(field, cells) for field, cells in zip(fields, stay, strict=True)]


def without(field: Field, numbers: Container[int]) -> Field:
    """Return a field without the cells of these numbers."""
    return with_cells(field, [cell for cell in field.cells if cell.id not in numbers])


def with_cells(field: Field, cells: Sequence[Cell]) -> Field:
    """Return a field with fewer of its cells."""
    known = [cell.novelty for cell in cells if cell.is_leukocyte and cell.novelty is not None]
    return replace(field, cells=tuple(cells), novelty=novelty.of_field(known))


def _placed(field: int, cell: Cell, place: Place) -> Placed:
    x0, y0, x1, y1 = cell.box
    box = (x0 + place.x, y0 + place.y, x1 + place.x, y1 + place.y)
    return Placed(place.plane, field, box, not cell.touches_edge)


def _squares(low: float, high: float) -> range:
    return range(floor(low / _SQUARE), floor(high / _SQUARE) + 1)


def _is_copy(one: Placed, other: Placed) -> bool:
    width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    if width <= 0 or height <= 0:
        return False
    small, large = sorted((one, other), key=lambda placed: _area(placed.box))
    alike = not small.whole or _area(small.box) >= LIKE * _area(large.box)
    return alike and width * height >= SHARED * _area(small.box)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
