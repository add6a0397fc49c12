"""Confidence intervals by resampling images, because cells of one image are not independent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

REPEATS = 2000
SEED = 20


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes
    ----------
    value, low, high : float
        The figure on the whole set, and the 2.5th and 97.5th percentile over resampled sets.
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


def interval(statistic: Callable[[NDArray[np.float64]], float], rows: ArrayLike) -> Estimate:
    """Percentile bootstrap over images (Efron 1979, doi:10.1214/aos/1176344552).

    Parameters
    ----------
    statistic : callable
        Turns an (n, k) array of rows into a figure.
    rows : (n, k) array_like
        One row per image, for example its counts. Must not be empty.

    Returns
    -------
    Estimate
        The same for the same rows: the resampling is seeded.
    """
    data = np.asarray(rows, dtype=np.float64)
    generator = np.random.default_rng(SEED)
    draws = [statistic(data[generator.integers(0, len(data), len(data))]) for _ in range(REPEATS)]
    low, high = np.percentile(draws, (2.5, 97.5))
    return Estimate(statistic(data), float(low), float(high))
