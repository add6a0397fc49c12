"""Plane geometry of a binary region: perimeter, moments, hull, Feret diameters, distances and its outline's harmonics.

Counts and squared distances are integers; whatever is divided or rooted is done in double, once, at the end. That is
what lets another language repeat the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

OUTLINE_POINTS = 128
"""Points at equal arc length into which an outline is resampled."""

BORDER = 2
"""Empty px kept around a region, so that small windows never meet the edge of an array."""

Mask = NDArray[np.bool_]
Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class Moments:
    """Centroid and principal axes of a region.

    Attributes
    ----------
    x, y : float
        Centroid, px, at pixel centres.
    major, minor : float
        Axes of the ellipse with the same second moments, px (full lengths).
    xx, yy, xy : float
        Central second moments per px, each pixel a unit square.
    """

    x: float
    y: float
    major: float
    minor: float
    xx: float
    yy: float
    xy: float


class Region:
    """A non-empty binary region and the measures that several features share, each computed once.

    Parameters
    ----------
    whole : (h, w) bool array
        The region, with at least `BORDER` px around it.

    Attributes
    ----------
    whole : (h, w) bool array
        The same.
    window : (slice, slice)
        Rows and columns of its bounding box plus `BORDER`, within which everything else is measured.
    mask : (r, c) bool array
        The region within its window.
    area : int
        Its px.
    """

    def __init__(self, whole: Mask) -> None:
        self.whole = whole
        self.window = bounding_window(whole, BORDER)
        self.mask = np.ascontiguousarray(whole[self.window])
        self.pixels = self.mask.view(np.uint8)
        self.area = int(np.count_nonzero(self.mask))

    @cached_property
    def moments(self) -> Moments:
        """Centroid, px of `whole`, and principal axes."""
        n = self.area
        # Sums over a binary image are whole numbers far below 2**53: exact.
        raw = cv2.moments(self.pixels, binaryImage=True)
        sx, sy, sxx, syy, sxy = (int(raw[key]) for key in ("m10", "m01", "m20", "m02", "m11"))
        # A unit square has variance 1/12.
        xx = (n * sxx - sx * sx) / (n * n) + 1 / 12
        yy = (n * syy - sy * sy) / (n * n) + 1 / 12
        xy = (n * sxy - sx * sy) / (n * n)
        apart = xx - yy
        spread = math.sqrt(apart * apart + 4 * xy * xy)
        major, minor = (xx + yy + spread) / 2, max((xx + yy - spread) / 2, 0.0)
        top, left = self.window[0].start, self.window[1].start
        return Moments(left + sx / n, top + sy / n, 4 * math.sqrt(major), 4 * math.sqrt(minor), xx, yy, xy)

    @cached_property
    def perimeter(self) -> float:
        """Length of the outline, px (`perimeter`)."""
        return perimeter(self.pixels)

    @cached_property
    def contours(self) -> list[NDArray[np.int32]]:
        """Outer outline (n, 2) of each part along pixel centres, x and y, px of the window."""
        return outer_contours(self.pixels)

    @cached_property
    def hull(self) -> NDArray[np.int64]:
        """Corners (n, 2) of the convex hull of the pixels' squares, x and y at pixel edges."""
        return hull(self.contours)

    @cached_property
    def hull_edges(self) -> NDArray[np.int64]:
        """Steps (n, 2) from each corner of the hull to the next."""
        return self.hull[_next(len(self.hull))] - self.hull

    @cached_property
    def hull_mask(self) -> Mask:
        """Pixels whose centre lies in the convex hull."""
        return fill_convex(self.hull, self.mask.shape)

    @cached_property
    def hull_area(self) -> float:
        """Area of the convex hull, px."""
        corners, edges = self.hull, self.hull_edges
        return abs(int((corners[:, 0] * edges[:, 1] - corners[:, 1] * edges[:, 0]).sum())) / 2

    @cached_property
    def feret(self) -> tuple[float, float]:
        """Largest and smallest Feret (caliper) diameter of the hull, px."""
        (x, y), (along, down) = self.hull.T, self.hull_edges.T
        gap_x, gap_y = x[:, None] - x, y[:, None] - y
        largest = float((gap_x * gap_x + gap_y * gap_y).max()) ** 0.5
        # Twice the area of (edge, corner) over the edge's length is the corner's distance from the edge.
        reach = np.abs(along[:, None] * gap_y - down[:, None] * gap_x).max(axis=1)
        return largest, float((reach / np.hypot(along, down)).min())

    @cached_property
    def filled(self) -> Grey:
        """The region without its holes, 0 and 1."""
        return filled(self.pixels)

    @cached_property
    def inner(self) -> NDArray[np.int32]:
        """Squared distance of each pixel of the window to the nearest pixel outside the region, px squared."""
        return squared_distance(self.pixels)

    @cached_property
    def outer(self) -> NDArray[np.int32]:
        """Squared distance of each pixel of the whole array to the region's nearest pixel, px squared."""
        return squared_distance(1 - self.whole.view(np.uint8))

    @cached_property
    def outline(self) -> NDArray[np.float64]:
        """Outline of the largest part, (`OUTLINE_POINTS`, 2) points x, y at equal arc length, px of the window."""
        # Of equals the last in reading order, whatever order they were traced in.
        return resampled(max(self.contours, key=lambda points: (len(points), points[0, 1], points[0, 0])))

    @cached_property
    def harmonics(self) -> NDArray[np.complex128]:
        """Fourier coefficients of the outline as x + iy, scaled so that a circle of radius r has |c1| = r."""
        points = self.outline
        spectrum: NDArray[np.complex128] = np.fft.fft(points.view(np.complex128)[:, 0]) / OUTLINE_POINTS
        # The first harmonic turns with the direction of tracing; it carries the circle, so it is the larger one. Of a
        # line, traced forth and back, both are the same but for rounding.
        forward = abs(spectrum[1]) >= abs(spectrum[-1]) * (1 - 1e-9)
        return spectrum if forward else spectrum[-np.arange(OUTLINE_POINTS)]


def _next(count: int) -> NDArray[np.intp]:
    """Index of the next point around a closed outline of `count` points."""
    return np.arange(1, count + 1) % count


def bounding_window(mask: Mask | Grey, border: int) -> tuple[slice, slice]:
    """Return the rows and columns of a non-empty mask's bounding box, widened by `border` px."""
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    return slice(top - border, top + height + border), slice(left - border, left + width + border)


def perimeter(pixels: Grey) -> float:
    """Return the length of a region's outline in px.

    Border pixels (those with a 4-neighbour outside) count 1, (1 + sqrt 2) / 2 or sqrt 2 by how many of their edge and
    corner neighbours are border pixels too (Benkrid & Crookes 2000, as `skimage.measure.perimeter`).

    Parameters
    ----------
    pixels : (h, w) uint8 array
        The region as 0 and 1, with at least one px of margin.
    """
    border = pixels - cv2.erode(pixels, _CROSS)
    code = cv2.filter2D(border, -1, _PERIMETER_WEIGHTS, borderType=cv2.BORDER_CONSTANT)
    codes = np.bincount(code[border.view(np.bool_)], minlength=len(_PERIMETER_KINDS))
    straight, slanted, mixed = (codes @ _PERIMETER_KINDS).tolist()
    return float(straight + slanted * 2**0.5 + mixed * ((1 + 2**0.5) / 2))


_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_PERIMETER_WEIGHTS = np.array([[10, 2, 10], [2, 1, 2], [10, 2, 10]], np.float32)
_PERIMETER_KINDS = np.zeros((64, 3), np.int64)
_PERIMETER_KINDS[[5, 7, 15, 17, 25, 27], 0] = 1
_PERIMETER_KINDS[[21, 33], 1] = 1
_PERIMETER_KINDS[[13, 23], 2] = 1


def outer_contours(pixels: Grey) -> list[NDArray[np.int32]]:
    """Trace the outer outline (n, 2) of each 8-connected part of a 0-and-1 image along pixel centres, x and y."""
    contours, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [np.asarray(contour[:, 0], np.int32) for contour in contours]


def hull(contours: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
    """Return the corners (n, 2) of the convex hull of the squares of a region's pixels, x and y at pixel edges."""
    # The squares of the corners among pixel centres reach as far as all of them.
    centres = cv2.convexHull(np.concatenate(contours))
    return cv2.convexHull((centres + _SQUARE).reshape(-1, 2))[:, 0].astype(np.int64)


_SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.int32)


def fill_convex(corners: NDArray[np.int64], shape: tuple[int, ...]) -> Mask:
    """Return the pixels of an image whose centre lies in a convex polygon with whole-number corners."""
    x_corner, y_corner = corners[:, 0], corners[:, 1]
    first = int(y_corner.argmin())
    x_corner, y_corner = np.roll(x_corner, -first), np.roll(y_corner, -first)
    last = int(y_corner.argmax())
    top, bottom = int(y_corner[0]), int(y_corner[last])
    centre = np.arange(top, bottom) + 0.5
    # Two chains of sides lead from the top to the bottom; rows of centres never meet a horizontal side.
    one = np.interp(centre, y_corner[: last + 1], x_corner[: last + 1])
    other = np.interp(
        centre, np.append(top, y_corner[: last - 1 : -1]), np.append(x_corner[0], x_corner[: last - 1 : -1])
    )
    low, high = np.minimum(one, other), np.maximum(one, other)
    x = np.arange(shape[1]) + 0.5
    filled = np.zeros(shape, np.bool_)
    # Crossings are quotients of small integers: the margin keeps a centre on the edge inside whatever the rounding.
    filled[top:bottom] = (x >= low[:, None] - 1e-9) & (x <= high[:, None] + 1e-9)
    return filled


def squared_distance(pixels: Grey) -> NDArray[np.int32]:
    """Return the exact squared Euclidean distance of each px to the nearest 0, px squared; the border counts as far."""
    distance = cv2.distanceTransform(pixels, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV squares and rounds in one pass: single precision is far less than half a px2 off.
    return np.asarray(cv2.multiply(distance, distance, dtype=cv2.CV_32S), np.int32)


def resampled(points: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return `OUTLINE_POINTS` points x, y at equal arc length along a closed outline of (n, 2) points."""
    x, y = np.concatenate((points, points[:1])).T.astype(np.float64)
    along, down = np.diff(x), np.diff(y)
    travelled = np.concatenate(([0.0], np.cumsum(np.sqrt(along * along + down * down))))
    at = np.arange(OUTLINE_POINTS) * (travelled[-1] / OUTLINE_POINTS)
    return np.stack((np.interp(at, travelled, x), np.interp(at, travelled, y)), axis=1)


def label(pixels: Grey, connectivity: int = 8) -> tuple[NDArray[np.int32], NDArray[np.intp]]:
    """Number the connected parts of a 0-and-1 image from 1; return the labels and each label's area, 0 for label 0."""
    count, labels = cv2.connectedComponents(pixels, connectivity=connectivity)
    if count == 2:
        areas = np.array([0, cv2.countNonZero(pixels)], np.intp)
    else:
        areas = np.bincount(labels[pixels.view(np.bool_)], minlength=count)
    return np.asarray(labels, np.int32), areas


def part_areas(pixels: Grey, least: int) -> list[int]:
    """Return the areas in px of the 8-connected parts of at least `least` px, largest first."""
    _, areas = label(pixels)
    return sorted((int(area) for area in areas if area >= least), reverse=True)


def filled(pixels: Grey) -> Grey:
    """Return a 0-and-1 image with its holes (4-connected background that misses the corner) filled."""
    count, labels = cv2.connectedComponents(1 - pixels, connectivity=4)
    if count == 2:  # the region and the outside
        return pixels
    return np.asarray((labels != labels[0, 0]) | (pixels > 0)).view(np.uint8)
