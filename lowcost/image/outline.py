"""Outlines of everything that absorbs light, to a fraction of a px: what the ruler and the focus are measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVELS = 128
"""Levels of the histogram in which background, pale and dark are told apart."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Points on the outlines of dark objects.

    Attributes
    ----------
    x, y : (n,) float64 arrays
        Where the darkness crosses the threshold, px (the first px reaches from 0 to 1).
    u, v : (n,) float64 arrays
        Unit normal that points into the object.
    slope : (n,) float64 array
        Change of the darkness along the normal, per px.
    shape : tuple of int
        Height and width of the image, px.
    width_over_height : float
        Ratio of all widths to all heights of the outlines, by how often columns and rows cross them; 1 for circles
        (Cauchy's formula: a convex outline's projections), the ratio of the axes for circles squeezed along an axis.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    u: NDArray[np.float64]
    v: NDArray[np.float64]
    slope: NDArray[np.float64]
    shape: tuple[int, int]
    width_over_height: float

    def towards(self, depth: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column (n,) of the px that lie `depth` px inside the outline, or outside if negative."""
        row = np.clip((self.y + depth * self.v).astype(np.int64), 0, self.shape[0] - 1)
        column = np.clip((self.x + depth * self.u).astype(np.int64), 0, self.shape[1] - 1)
        return row, column


def darkness(balanced: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return how much darker than white (240) each pixel of (h, w, 3) is: half the sum of the channels, at most 255."""
    total = balanced[..., 0].astype(np.int16) + balanced[..., 1] + balanced[..., 2]
    half: NDArray[np.uint8] = np.clip((720 - total) >> 1, 0, 255).astype(np.uint8)
    return half


def sum_3x3(values: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Return sums (h, w) over 3 x 3 px: they quieten the noise and stay integers."""
    import cv2

    sums = cv2.boxFilter(values, cv2.CV_32S, (3, 3), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(sums, dtype=np.int32)


def pale_threshold(values: NDArray[np.uint8]) -> int:
    """Darkness that parts the background from the pale objects.

    Otsu's criterion (1979, doi:10.1109/TSMC.1979.4310076) with three classes and the lower of its two thresholds: a
    class of their own for the nuclei, which would otherwise draw a single threshold away from the pale red cells.

    Parameters
    ----------
    values : (n,) uint8 array
        Darkness of the pixels.

    Returns
    -------
    int
        Objects are darker than this.
    """
    counts = np.bincount(values >> 1, minlength=LEVELS)
    levels = np.arange(LEVELS)
    number = np.cumsum(counts).astype(np.float64)
    moment = np.cumsum(counts * levels).astype(np.float64)

    def spread(n: NDArray[np.float64], m: NDArray[np.float64]) -> NDArray[np.float64]:
        return m * m / np.maximum(n, 1.0)

    low = spread(number, moment)[:, None]
    middle = spread(number[None, :] - number[:, None], moment[None, :] - moment[:, None])
    high = spread(number[-1] - number, moment[-1] - moment)[None, :]
    between = np.where(levels[:, None] < levels[None, :], low + middle + high, -1.0)
    return 2 * (int(between.argmax()) // LEVELS) + 1


def trace(dark: NDArray[np.int32], threshold: int, inside: NDArray[np.bool_]) -> Outline:
    """Trace where the darkness crosses a threshold.

    Parameters
    ----------
    dark : (h, w) int32 array
        Darkness.
    threshold : int
        Objects are darker than this.
    inside : (h, w) bool array
        Where to look; within 2 px of its edge and of the image's nothing is traced, those edges are not the objects'.

    Returns
    -------
    Outline
        One point for every px of the objects' rims, in reading order.
    """
    import cv2

    objects = (dark > threshold).astype(np.uint8)
    core = cv2.erode(objects, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    clear = cv2.erode(inside.astype(np.uint8), np.ones((5, 5), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    flat, stride = dark.ravel(), dark.shape[1]
    at = np.flatnonzero((objects > core) & (clear > 0))
    falling = flat[at + stride + 1] - flat[at - stride - 1]
    rising = flat[at - stride + 1] - flat[at + stride - 1]
    slope_x = falling + rising + 2 * (flat[at + 1] - flat[at - 1])
    slope_y = falling - rising + 2 * (flat[at + stride] - flat[at - stride])
    # A Sobel sum is eight times the change per px.
    slope = np.sqrt((slope_x * slope_x + slope_y * slope_y).astype(np.float64)) / 8.0
    steep = slope > 0.0
    at, slope = at[steep], slope[steep]
    rows = at // stride
    columns = at - rows * stride
    u, v = slope_x[steep] / (8.0 * slope), slope_y[steep] / (8.0 * slope)
    beyond = np.minimum((flat[at] - threshold - 0.5) / slope, 1.0)
    across = int(np.count_nonzero(objects[:, 1:] != objects[:, :-1]))
    along = int(np.count_nonzero(objects[1:] != objects[:-1]))
    return Outline(
        columns + 0.5 - beyond * u,
        rows + 0.5 - beyond * v,
        u,
        v,
        slope,
        (dark.shape[0], stride),
        max(along, 1) / max(across, 1),
    )
