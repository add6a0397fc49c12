"""COCO's run lengths of a mask, and the outlines along the edges of its px.

The compressed text is that of the COCO API (Lin et al. 2014, doi:10.1007/978-3-319-10602-1_48): runs down the columns,
the first of background, each less the one before the last from the fourth on, in groups of five bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lowcost.convert.stream import Polygon

_LARGEST = 1 << 28
"""Px of the largest mask that is read: what says more is damaged, or meant to fill the memory."""


def decode(counts: str | Sequence[int], size: Sequence[int]) -> NDArray[np.bool_]:
    """Return a mask from its run lengths.

    Parameters
    ----------
    counts : str or sequence of int
        The runs, compressed or plain.
    size : (int, int)
        Height and width in px.

    Returns
    -------
    (h, w) bool array

    Raises
    ------
    ValueError
        The runs do not fill the mask.
    """
    height, width = (int(value) for value in size)
    runs = np.asarray(_runs(counts) if isinstance(counts, str) else list(counts), dtype=np.int64)
    if not 0 <= height * width <= _LARGEST or (runs < 0).any() or runs.sum() != height * width:
        raise ValueError(f"run lengths do not fill {width} x {height} px")
    inside = np.arange(len(runs)) % 2 == 1
    mask: NDArray[np.bool_] = np.repeat(inside, runs).reshape(width, height).T
    return mask


def _runs(text: str) -> list[int]:
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError(f"{letter!r} is no letter of run lengths")
        value |= (bits & 31) << shift
        shift += 5
        if not bits & 32:  # the last group; its highest bit is the sign
            if bits & 16:
                value -= 1 << shift
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    return runs


def outlines(mask: NDArray[np.bool_]) -> tuple[tuple[Polygon, ...], int]:
    """Return the outlines of a mask's parts along the edges of their px, and how many holes they have.

    Px that touch at a corner only are parts of their own. An outline encloses the part with its holes.

    Parameters
    ----------
    mask : (h, w) bool array
        The mask.

    Returns
    -------
    tuple of Polygon, int
        Corners clockwise on the screen, in the order of their topmost px.
    """
    following = _steps(np.pad(mask, 1).astype(np.int8))
    parts: list[Polygon] = []
    holes = 0
    while following:
        corners = _loop(following)
        if _turns(corners) > 0:
            parts.append(corners)
        else:
            holes += 1
    return tuple(parts), holes


Point = tuple[float, float]


def _steps(padded: NDArray[np.int8]) -> dict[Point, list[Point]]:
    """Every edge of a px of the mask that parts inside from outside, by its start; inside lies to the right."""
    down, across = np.diff(padded, axis=0), np.diff(padded, axis=1)
    following: dict[Point, list[Point]] = {}
    for edges, sign, start, end in (
        (down, 1, (0, 0), (1, 0)),  # a top edge goes right
        (across, -1, (0, 0), (0, 1)),  # a right edge goes down
        (down, -1, (1, 0), (0, 0)),  # a bottom edge goes left
        (across, 1, (0, 1), (0, 0)),  # a left edge goes up
    ):
        rows, columns = np.nonzero(edges == sign)
        # Beyond the padding: the edge between rows (or columns) i and i + 1 lies at i.
        x, y = (columns - 1, rows) if edges is down else (columns, rows - 1)
        for column, row in zip(x.tolist(), y.tolist(), strict=True):
            begin = (float(column + start[0]), float(row + start[1]))
            following.setdefault(begin, []).append((float(column + end[0]), float(row + end[1])))
    return dict(sorted(following.items(), key=lambda item: (item[0][1], item[0][0]), reverse=True))


def _loop(following: dict[Point, list[Point]]) -> Polygon:
    """Walk one closed outline from the topmost corner that is left, and take its edges away."""
    here, ends = following.popitem()
    first, there = here, ends.pop(0)
    if ends:
        following[here] = ends
    corners = [here]
    while there != first:
        direction = (there[0] - here[0], there[1] - here[1])
        right = (there[0] - direction[1], there[1] + direction[0])
        ends = following[there]
        # Where two px touch at a corner, to the right: the px that is walked around stays the same.
        beyond = right if right in ends else ends[0]
        ends.remove(beyond)
        if not ends:
            del following[there]
        if (beyond[0] - there[0], beyond[1] - there[1]) != direction:
            corners.append(there)
        here, there = there, beyond
    return tuple(corners)


def _turns(corners: Polygon) -> float:
    """Twice the area, positive where the corners go clockwise on the screen."""
    return sum(xa * yb - xb * ya for (xa, ya), (xb, yb) in pairwise((*corners, corners[0])))
