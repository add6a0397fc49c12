"""Circles of one common radius, found by the arcs of their outlines.

From every point of an outline a step of the radius inward leads to the centre of its circle: the radius at which the
end points gather most is the circles' (gradient voting: Kimme, Ballard and Sklansky 1975, doi:10.1145/360666.360677).
It matters little whether the circles lie alone, touch, overlap or are cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PI = 3.141592653589793


@dataclass(frozen=True, eq=False)
class Arcs:
    """Points on outlines.

    Attributes
    ----------
    x, y : (n,) float64 arrays
        Where the points lie, px.
    u, v : (n,) float64 arrays
        Unit normals into the objects.
    width, height : float
        Size of the window, px.
    thinning : int
        How many points of the outlines each one stands for.
    squeeze : float
        Width over height of the outlines; 1 for circles.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    width: float
    height: float
    thinning: int
    squeeze: float


def relaxed(arcs: Arcs) -> Arcs:
    """Return the arcs with their squeeze undone and their areas kept."""
    root = math.sqrt(arcs.squeeze)
    u, v = arcs.u * root, arcs.v / root
    length = np.sqrt(u * u + v * v)
    return Arcs(
        arcs.x / root,
        arcs.y * root,
        u / length,
        v / length,
        arcs.width / root,
        arcs.height * root,
        arcs.thinning,
        1.0,
    )


def gatherings(arcs: Arcs, radii: list[float], share: float) -> list[float]:
    """Measure how much the ends of steps of each radius gather, beyond chance.

    Parameters
    ----------
    arcs : Arcs
        At least one point.
    radii : list of float
        Radii in px, each the same factor larger than the one before.
    share : float
        Edge of the bins in which end points are counted, as a share of the radius.

    Returns
    -------
    list of float
        1 where every outline is a full circle of this radius, about 0 where none is; smoothed over five neighbours,
        because red cells are not all of one size, and may be few.
    """
    places, normals = np.stack((arcs.x, arcs.y)), np.stack((arcs.u, arcs.v))
    raw = [_gathering(arcs, places, normals, radius, share) for radius in radii]
    padded = [raw[0], raw[0], *raw, raw[-1], raw[-1]]
    return [
        (padded[i] + 2.0 * padded[i + 1] + 3.0 * padded[i + 2] + 2.0 * padded[i + 3] + padded[i + 4]) / 9.0
        for i in range(len(raw))
    ]


def _gathering(
    arcs: Arcs, places: NDArray[np.float64], normals: NDArray[np.float64], radius: float, share: float
) -> float:
    """Number of pairs of end points in a bin, less that by chance, relative to that of full circles.

    `places` and `normals` are those of the arcs, (2, n).
    """
    edge = share * radius
    n = len(arcs.x)
    stride = int(arcs.width / edge) + 9
    # Four bins of margin hold what ends outside the window, so that cutting off the fraction rounds down.
    ends = normals * radius
    ends += places
    ends /= edge
    ends += 4.0
    pairs = -2 * n
    for shift in (0.0, 0.5):  # two grids, half a bin apart, soften the bins' edges
        column, bins = (ends + shift).astype(np.int32)
        bins *= stride
        bins += column
        # Most bins are empty: what each point finds in its bin sums to the squares of the counts.
        pairs += int(np.bincount(bins).take(bins).sum())
    chance = n * n * edge * edge / (arcs.width * arcs.height)
    return (0.5 * pairs - chance) * arcs.thinning / (n * 2.0 * PI * radius)


def count(arcs: Arcs, radius: float, share: float, centre_share: float) -> int:
    """Count the circles of a radius whose centre lies in the window.

    Parameters
    ----------
    arcs : Arcs
        The points.
    radius : float
        Radius of the circles, px.
    share : float
        Edge of the bins in which end points are counted, as a share of the radius.
    centre_share : float
        A centre counts when this share of a full circle points to it.
    """
    import cv2

    edge = 0.5 * share * radius
    width, height = int(arcs.width / edge) + 1, int(arcs.height / edge) + 1
    column = np.floor((arcs.x + radius * arcs.u) / edge).astype(np.int64)
    row = np.floor((arcs.y + radius * arcs.v) / edge).astype(np.int64)
    within = (column >= 0) & (row >= 0) & (column < width) & (row < height)
    counts = np.bincount(row[within] * width + column[within], minlength=width * height).reshape(height, width)
    # Whole numbers far below 2**24: float32 holds their sums exactly.
    votes = cv2.boxFilter(counts.astype(np.float32), -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    highest = cv2.dilate(votes, np.ones((9, 9), np.uint8))
    enough = centre_share * 2.0 * PI * radius / arcs.thinning
    centres = ((votes == highest) & (votes >= enough)).astype(np.uint8)
    return int(cv2.connectedComponents(centres, connectivity=8)[0]) - 1
