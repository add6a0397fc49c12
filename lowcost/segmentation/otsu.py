"""Otsu's criterion: the two classes that part a histogram best."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Classes(NamedTuple):
    """Two classes of values.

    Attributes
    ----------
    low, high : float
        Means of the lower and of the upper class; 0 for a class without values.
    explained : float
        Share of the variance of all values that lies between the classes, 0-1; 0 where all values are the same.
    """

    low: float
    high: float
    explained: float


def classes(counts: NDArray[np.int64]) -> Classes:
    """The two classes of a histogram that Otsu's criterion parts (1979, doi:10.1109/TSMC.1979.4310076).

    Parameters
    ----------
    counts : (n,) int64 array
        Number of values 0 to n - 1; n at least 2.

    Returns
    -------
    Classes
        Their means, and how well they are parted; computed from integer sums.
    """
    values = np.arange(counts.size)
    number = np.cumsum(counts)
    total = np.cumsum(counts * values)
    below, above = number[:-1].astype(np.float64), (number[-1] - number[:-1]).astype(np.float64)
    mean_below = total[:-1] / np.maximum(below, 1.0)
    mean_above = (total[-1] - total[:-1]) / np.maximum(above, 1.0)
    gap = mean_above - mean_below
    between = below * above * gap * gap
    best = int(np.argmax(between))
    # Both variances are times the squared number of values.
    square = float(int((counts * values * values).sum()))
    whole = float(number[-1]) * square - float(total[-1]) * float(total[-1])
    explained = float(between[best]) / whole if whole > 0.0 else 0.0
    return Classes(float(mean_below[best]), float(mean_above[best]), explained)
