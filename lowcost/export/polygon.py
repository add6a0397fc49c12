"""Outlines, and their areas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lowcost.result import Cell


def area(points: Sequence[tuple[float, float]]) -> float:
    """Return the area that a polygon encloses, px²; 0 for fewer than three points.

    Parameters
    ----------
    points : sequence of (x, y)
        Corners in order, either way round.
    """
    # Relative to the first corner, so that far-away cells lose no digits.
    x0, y0 = points[0] if points else (0.0, 0.0)
    corners = [(x - x0, y - y0) for x, y in points]
    twice = sum(xa * yb - xb * ya for (xa, ya), (xb, yb) in pairwise(corners))
    return abs(twice) / 2


def corners(cell: Cell) -> Sequence[tuple[float, float]]:
    """Return the outline of a cell, or the corners of its box: readers refuse outlines of fewer than three points."""
    x0, y0, x1, y1 = cell.box
    return cell.polygon if len(cell.polygon) > 2 else ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
