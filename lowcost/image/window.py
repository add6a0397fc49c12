"""Windows of images by nearest pixel, for masks and labels, with a fill outside."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def nearest(
    image: NDArray[T], left: float, top: float, step_x: float, step_y: float, width: int, height: int
) -> NDArray[T]:
    """Sample a window of an image by nearest px.

    Parameters
    ----------
    image : (h, w) array
        Mask or labels.
    left, top : float
        Outer edge of the window, px of `image`; may lie outside it.
    step_x, step_y : float
        Edges of one sample, px of `image`.
    width, height : int
        Number of samples along x and y.

    Returns
    -------
    (height, width) array
        The samples, 0 outside the image.
    """
    column = np.floor(left + (np.arange(width) + 0.5) * step_x).astype(np.int64)
    row = np.floor(top + (np.arange(height) + 0.5) * step_y).astype(np.int64)
    rows, columns = image.shape[:2]
    from_row, from_column = np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)
    top, bottom = int(from_row[0]), int(from_row[-1])
    # Columns first: where the samples are finer than the image, its rows are fewer.
    window: NDArray[T] = image[top : bottom + 1].take(from_column, axis=1).take(from_row - top, axis=0)
    window[from_row != row] = 0
    window[:, from_column != column] = 0
    return window


def shifted(image: NDArray[T], x: int, y: int, fill: Any) -> NDArray[T]:
    """Move an image left by `x` and up by `y` px, the gap filled with `fill`."""
    moved = np.full_like(image, fill)
    rows, columns = image.shape[:2]
    moved[max(0, -y) : rows - max(0, y), max(0, -x) : columns - max(0, x)] = image[
        max(0, y) : rows - max(0, -y), max(0, x) : columns - max(0, -x)
    ]
    return moved
