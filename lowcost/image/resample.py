"""Resampling in integers: the coarse image in which cells are searched, and the fixed-um views where they are judged.

Both are exact: every sum is an integer below 2**24, so the order of additions, the machine and the language do not
matter, and the same pixels come out on a laptop, a Raspberry Pi and a phone. `cv2.resize` does not promise that.
"""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", np.uint16, np.uint32)

WEIGHT_BITS = 7
"""Weights of one axis are integers that sum to ``2**WEIGHT_BITS``."""

AT_ONCE = 1 << 14
"""About as many px of the result are worked on at a time, so that intermediate sums stay in the processor's cache."""


def block_mean(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Shrink an image by an integer factor, each block represented by the mean of four of its pixels.

    Parameters
    ----------
    image : (h, w, 3) uint8 array
        The image.
    factor : int
        Edge of a block in px, 1 or more. Rows and columns that fill no whole block are left out.

    Returns
    -------
    (h // factor, w // factor, 3) uint8 array
        The mean, rounded half up, of the pixels at one and three quarters of each block's edges. Four samples quieten
        the noise enough for the search, and cost one pass over a sixteenth of a 12-megapixel photograph.
    """
    if factor == 1:
        return image
    height, width = image.shape[0] // factor, image.shape[1] // factor
    near, far = factor // 4, factor - 1 - factor // 4
    upper, lower = (image[first : first + height * factor : factor] for first in (near, far))
    mean = np.empty((height, width, 3), np.uint8)
    if mean.size == 0:
        return mean
    strip = max(1, AT_ONCE // width)
    for top in range(0, height, strip):
        # Whole rows first: they are contiguous, and the strided step over columns is left for half of them.
        rows = upper[top : top + strip].astype(np.uint16)
        rows += lower[top : top + strip]
        left, right = (rows[:, first : first + width * factor : factor].transpose(2, 0, 1) for first in (near, far))
        total = np.add(left, right, order="C")
        total += 2
        total >>= 2
        cv2.merge(list(total.astype(np.uint8)), mean[top : top + strip])
    return mean


def sample(
    image: NDArray[np.uint8],
    left: float,
    top: float,
    step_x: float,
    step_y: float,
    width: int,
    height: int,
    fill: int,
) -> NDArray[np.uint8]:
    """Sample a window of an image on a grid of any spacing.

    Where the grid is coarser than the image each sample is the mean over its own area; where it is finer the samples
    interpolate linearly.

    Parameters
    ----------
    image : (h, w, c) uint8 array
        The image.
    left, top : float
        Outer edge of the window, px of `image`; may lie outside it.
    step_x, step_y : float
        Edges of one sample, px of `image`.
    width, height : int
        Number of samples along x and y.
    fill : int
        Value of samples whose centre lies outside the image, 0-255.

    Returns
    -------
    (height, width, c) uint8 array
        The samples.
    """
    column_index, column_weight, column_inside = _taps(left, step_x, width, image.shape[1])
    row_index, row_weight, row_inside = _taps(top, step_y, height, image.shape[0])
    first_column, last_column = int(column_index.min()), int(column_index.max())
    column_index -= first_column
    result, strip = np.empty((height, width, image.shape[2]), np.uint8), max(1, AT_ONCE // width)
    for first in range(0, height, strip):
        index, weight = row_index[first : first + strip], row_weight[first : first + strip]
        first_row, last_row = int(index.min()), int(index.max())
        window = image[first_row : last_row + 1, first_column : last_column + 1].astype(np.uint16)
        # Each pass runs along the first axis, over contiguous memory: 255 * 2**7 fits 16 bits, 255 * 2**14 fits 32.
        rows = _weighted(window.reshape(len(window), -1), index - first_row, weight)
        turned = np.asarray(cv2.transpose(rows.reshape(len(index), *window.shape[1:])))
        total = _weighted(turned.reshape(len(turned), -1).astype(np.uint32), column_index, column_weight)
        total += 1 << (2 * WEIGHT_BITS - 1)
        total >>= 2 * WEIGHT_BITS
        turned_back = np.asarray(cv2.transpose(total.astype(np.uint8).reshape(width, len(index), -1)))
        result[first : first + strip] = turned_back.reshape(len(index), width, -1)
    result[~row_inside] = fill
    result[:, ~column_inside] = fill
    return result


def _weighted(source: NDArray[T], index: NDArray[np.int64], weight: NDArray[np.int32]) -> NDArray[T]:
    """Sum over taps of rows (n, m) of `source`, picked by `index` (k, taps) and weighted, in its own type: (k, m)."""
    weights = weight.astype(source.dtype)
    total = source.take(index[:, 0], axis=0)
    total *= weights[:, :1]
    product = np.empty_like(total)
    for tap in range(1, index.shape[1]):
        # No index needs clipping, but only then does numpy write straight into `product`.
        source.take(index[:, tap], axis=0, out=product, mode="clip")
        product *= weights[:, tap, None]
        total += product
    return total


def _taps(
    start: float, step: float, count: int, size: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]]:
    """Source indices (count, taps), integer weights of equal shape, and which sample centres lie inside the axis."""
    centre = start + step * (np.arange(count, dtype=np.float64) + 0.5)
    # A sample is a box one step wide; a step below one px is widened to a px, which makes it linear interpolation.
    reach = max(step, 1.0) * 0.5
    low = centre - reach
    first = np.floor(low).astype(np.int64)
    taps = int(np.ceil(2.0 * reach)) + 1
    index = first[:, None] + np.arange(taps, dtype=np.int64)
    overlap = np.minimum(index + 1.0, (centre + reach)[:, None]) - np.maximum(index.astype(np.float64), low[:, None])
    share = np.maximum(overlap, 0.0) / (2.0 * reach)
    # Rounding the running sum, not each weight, keeps the total at exactly 2**WEIGHT_BITS.
    edges = np.floor(np.cumsum(share, axis=1) * (1 << WEIGHT_BITS) + 0.5).astype(np.int32)
    edges[:, -1] = 1 << WEIGHT_BITS
    edges[:, 1:] -= edges[:, :-1]
    inside = (centre >= 0.0) & (centre < size)
    return np.clip(index, 0, size - 1), edges, inside
