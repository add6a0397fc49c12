"""Otsu's criterion: the two classes that part a histogram best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def class_means(counts: NDArray[np.int64]) -> tuple[float, float]:
    """Means of the two classes of a histogram that Otsu's criterion parts (1979, doi:10.1109/TSMC.1979.4310076).

    Parameters
    ----------
    counts : (n,) int64 array
        Number of values 0 to n - 1; n at least 2.

    Returns
    -------
    (float, float)
        Mean of the lower and of the upper class, computed from integer sums; 0 for a class without values.
    """
    number = np.cumsum(counts)
    total = np.cumsum(counts * np.arange(counts.size))
    below, above = number[:-1].astype(np.float64), (number[-1] - number[:-1]).astype(np.float64)
    mean_below = total[:-1] / np.maximum(below, 1.0)
    mean_above = (total[-1] - total[:-1]) / np.maximum(above, 1.0)
    gap = mean_above - mean_below
    best = int(np.argmax(below * above * gap * gap))
    return float(mean_below[best]), float(mean_above[best])
