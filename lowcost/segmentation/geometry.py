"""Exact geometry of small binary masks: discs, distances and connected pieces, all in integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Piece:
    """A connected or grouped set of pixels, stored in its bounding box.

    Attributes
    ----------
    box : (x0, y0, x1, y1)
        Bounding box in the image, px, x1 and y1 exclusive.
    mask : (y1 - y0, x1 - x0) bool array
        The pixels.
    """

    box: tuple[int, int, int, int]
    mask: NDArray[np.bool_]

    @property
    def window(self) -> tuple[slice, slice]:
        """The box as an index into the image."""
        x0, y0, x1, y1 = self.box
        return slice(y0, y1), slice(x0, x1)

    def moved(self, x: int, y: int) -> Piece:
        """The same pixels, px further right and down."""
        x0, y0, x1, y1 = self.box
        return Piece((x0 + x, y0 + y, x1 + x, y1 + y), self.mask)


def reaches_edge(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> bool:
    """Whether a box within an image of `shape` touches its edge."""
    x0, y0, x1, y1 = box
    return x0 == 0 or y0 == 0 or x1 == shape[1] or y1 == shape[0]


@cache
def disc(radius_px: float) -> NDArray[np.uint8]:
    """Structuring element: the pixels whose centres lie within `radius_px`, at least the centre and its neighbours."""
    reach = max(1, int(radius_px + 0.5))
    squared = max(1.0, radius_px * radius_px)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    element: NDArray[np.uint8] = (x * x + y * y <= squared).astype(np.uint8)
    element.setflags(write=False)
    return element


def squared_distance(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Squared Euclidean distance, px2, from each pixel of a mask to the nearest pixel outside it or outside the image.

    The exact transform of Felzenszwalb and Huttenlocher (2012, doi:10.4086/toc.2012.v008a019); its square is an
    integer, which rounding restores.
    """
    padded = np.pad(mask.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return _squared(distance)


def squared_distance_to(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Squared Euclidean distance, px2, from each pixel of an image to the nearest pixel of a mask; it must hold one.

    Unlike `squared_distance` of the rest of the image it knows nothing of the image's edge.
    """
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return _squared(distance)


def _squared(distance: cv2.typing.MatLike) -> NDArray[np.int32]:
    """Distances up to 1600 px, squared and rounded: single precision is a tenth of a px2 off at 1000 px."""
    return np.asarray(cv2.multiply(distance, distance, dtype=cv2.CV_32S), np.int32)


def near(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Pixels of an image within 1 px or more of a mask: as `squared_distance_to` says, for few px in less time."""
    return np.asarray(cv2.dilate(mask.view(np.uint8), disc(radius_px))).view(np.bool_)


def label_parts(mask: NDArray[np.bool_], least_px: float) -> list[Piece]:
    """Connected pieces (8 neighbours) of at least `least_px` pixels, in reading order of their boxes."""
    pixels = mask.view(np.uint8)
    _, labels = cv2.connectedComponents(pixels, connectivity=8)
    # Boxes of outlines cost a tenth of the statistics that OpenCV gathers of every px.
    outlines, nesting = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    pieces = []
    for number, points in enumerate(outlines):
        x, y, width, height = cv2.boundingRect(points)
        is_hole = nesting[0, number, 3] >= 0
        if is_hole or width * height < least_px:
            continue
        column, row = points[0, 0]
        own = labels[y : y + height, x : x + width] == labels[row, column]
        if np.count_nonzero(own) >= least_px:
            pieces.append(Piece((x, y, x + width, y + height), own))
    return sorted(pieces, key=lambda piece: (piece.box[1], piece.box[0], piece.box[3], piece.box[2]))


def union(pieces: list[Piece]) -> Piece:
    """One piece that holds the pixels of several."""
    x0, y0 = min(piece.box[0] for piece in pieces), min(piece.box[1] for piece in pieces)
    x1, y1 = max(piece.box[2] for piece in pieces), max(piece.box[3] for piece in pieces)
    mask = np.zeros((y1 - y0, x1 - x0), bool)
    for piece in pieces:
        left, top = piece.box[0] - x0, piece.box[1] - y0
        mask[top : top + piece.mask.shape[0], left : left + piece.mask.shape[1]] |= piece.mask
    return Piece((x0, y0, x1, y1), mask)


def trimmed(piece: Piece, mask: NDArray[np.bool_]) -> Piece:
    """The pixels `mask` of a piece, as a piece with a box of its own; `mask` must hold a pixel."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    x0, y0 = piece.box[0], piece.box[1]
    return Piece((x0 + left, y0 + top, x0 + right, y0 + bottom), mask[top:bottom, left:right])


def fill_polygon(polygon: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Pixels of an image whose centres lie inside a polygon (even-odd rule).

    Parameters
    ----------
    polygon : (n, 2) float64 array
        Corners, x and y in px, edges not centres.
    shape : (int, int)
        Height and width of the image, px.

    Returns
    -------
    (height, width) bool array
        The pixels.
    """
    inside = np.zeros(shape[:2], bool)
    (left, top), (right, bottom) = np.floor(polygon.min(axis=0)), np.ceil(polygon.max(axis=0))
    x0, y0 = max(0, int(left)), max(0, int(top))
    width, height = min(shape[1], int(right)) - x0, min(shape[0], int(bottom)) - y0
    if width <= 0 or height <= 0:
        return inside
    start, end = polygon, np.roll(polygon, -1, axis=0)
    centre = np.arange(y0, y0 + height)[:, None] + 0.5
    row, edge = np.nonzero((start[:, 1] <= centre) != (end[:, 1] <= centre))
    share = (y0 + row + 0.5 - start[edge, 1]) / (end[edge, 1] - start[edge, 1])
    x = start[edge, 0] + share * (end[edge, 0] - start[edge, 0])
    column = np.clip(np.ceil(x - 0.5) - x0, 0, width).astype(np.int64)
    toggles = np.bincount(row * (width + 1) + column, minlength=height * (width + 1)).reshape(height, width + 1)
    # Only their parity counts, which the overflow of 8 bits leaves alone.
    parity = np.cumsum(toggles.astype(np.uint8), axis=1, dtype=np.uint8)[:, :width] & 1
    inside[y0 : y0 + height, x0 : x0 + width] = parity > 0
    return inside


def convex_hull(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels whose centres lie inside or to the left or top of the border of a mask's convex hull."""
    y, x = np.nonzero(mask)
    corners = cv2.convexHull(np.stack([x, y], axis=1).astype(np.int32))[:, 0].astype(np.float64) + 0.5
    return fill_polygon(corners, mask.shape) | mask
