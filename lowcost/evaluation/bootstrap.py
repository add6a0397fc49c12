"""Confidence intervals by resampling images, or whole slides: what comes from one of them is not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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


def interval(
    statistic: Callable[[NDArray[np.float64]], float], rows: ArrayLike, groups: Sequence[str] | None = None
) -> Estimate:
    """Percentile bootstrap over images or slides (Efron 1979, doi:10.1214/aos/1176344552).

    Parameters
    ----------
    statistic : callable
        Turns an (n, k) array of rows into a figure.
    rows : (n, k) array_like
        One row per image, for example its counts. Must not be empty.
    groups : sequence of str, optional
        The slide of each row, drawn and left out as a whole; an empty name is a slide of its own. By default every row
        is.

    Returns
    -------
    Estimate
        The same for the same rows: the resampling is seeded.
    """
    data = np.asarray(rows, dtype=np.float64)
    generator = np.random.default_rng(SEED)
    members = None if groups is None or not any(groups) else _members(groups)
    if members is None:
        draws = [statistic(data[generator.integers(0, len(data), len(data))]) for _ in range(REPEATS)]
    else:
        draws = [
            statistic(data[np.concatenate([members[i] for i in generator.integers(0, len(members), len(members))])])
            for _ in range(REPEATS)
        ]
    low, high = np.percentile(draws, (2.5, 97.5))
    return Estimate(statistic(data), float(low), float(high))


def _members(groups: Sequence[str]) -> list[NDArray[np.int64]]:
    """Rows of each slide, in the order of their first row."""
    found: dict[str | int, list[int]] = {}
    for row, group in enumerate(groups):
        found.setdefault(group or row, []).append(row)
    return [np.array(rows, dtype=np.int64) for rows in found.values()]
