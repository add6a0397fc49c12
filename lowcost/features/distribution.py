"""Statistics of the values of a region, from integer sums and histograms."""

from __future__ import annotations

import math
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.geometry import Grey, Mask


def ratio(part: float, whole: float) -> float:
    """Return part / whole, and 0 where the whole is 0."""
    return part / whole if whole else 0.0


def total(grey: Grey, mask: Mask) -> int:
    """Return the sum of an image's values in a region, an integer."""
    return int(cv2.norm(grey, cv2.NORM_L1, mask.view(np.uint8)))


def mean(grey: Grey, mask: Mask) -> float:
    """Return the mean of an image's values in a region; 0 where it is empty."""
    return ratio(total(grey, mask), int(np.count_nonzero(mask)))


def variation(values: NDArray[np.float64]) -> float:
    """Return standard deviation over mean of some values; 0 where the mean is 0."""
    # Added one by one: values that are all the same vary by nothing but a rounding, which is then the same everywhere.
    middle = float(values.cumsum()[-1]) / len(values)
    apart = values - middle
    return ratio(math.sqrt(float((apart * apart).cumsum()[-1]) / len(values)), middle)


class Distribution:
    """The values of one region as a histogram: every statistic is a short sum over 256 counts.

    Parameters
    ----------
    counts : (256,) float64 array
        How often each value occurs, whole numbers; where all are 0 every statistic is 0.
    """

    def __init__(self, counts: NDArray[np.float64]) -> None:
        # Whole numbers below 2**53: exact in double.
        self.counts = counts
        self.n, self.total, self._squares, self._cubes = (int(power) for power in (counts @ _POWERS).tolist())
        self.mean = ratio(self.total, self.n)

    @classmethod
    def of(cls, grey: Grey, mask: Mask) -> Distribution:
        """Count the values of a uint8 image in a region."""
        counts = cv2.calcHist([grey], [0], mask.view(np.uint8), [256], [0, 256])
        return cls(counts.ravel().astype(np.float64))

    def through(self, table: NDArray[np.intp]) -> Distribution:
        """Return the distribution that the values have once a table of 256 entries has replaced them."""
        return Distribution(np.asarray(np.bincount(table, self.counts, 256), np.float64))

    def __add__(self, other: Distribution) -> Distribution:
        """Return the distribution of two regions that share no pixel."""
        return Distribution(self.counts + other.counts)

    @cached_property
    def deviation(self) -> float:
        """Standard deviation."""
        return ratio(self._spread**0.5, self.n)

    @property
    def _spread(self) -> int:
        """Variance times the square of the number of values."""
        return self.n * self._squares - self.total * self.total

    @cached_property
    def variation(self) -> float:
        """Standard deviation over mean."""
        return ratio(self.deviation, self.mean)

    @cached_property
    def skewness(self) -> float:
        """Third standardised moment; 0 for a constant region."""
        # In whole numbers to the end, so that what is symmetric comes to nothing.
        n, total, spread = self.n, self.total, self._spread
        third = n * (n * self._cubes - 3 * total * self._squares) + 2 * total * total * total
        return ratio(third, spread * spread**0.5)

    @cached_property
    def _cumulative(self) -> NDArray[np.float64]:
        return self.counts.cumsum() * 100

    def percentile(self, percent: int) -> int:
        """Return the smallest value that at least `percent` of the values do not exceed."""
        return int(self._cumulative.searchsorted(percent * self.n))

    @property
    def median(self) -> int:
        """Lower median."""
        return self.percentile(50)

    def share_above(self, level: float) -> float:
        """Return the share of values above a level."""
        return ratio(int(self.counts[int(level) + 1 :].sum()), self.n)

    def share_below(self, level: float) -> float:
        """Return the share of values below a level."""
        return ratio(int(self.counts[: -int(-level // 1)].sum()), self.n)


_LEVELS = np.arange(256.0)
_POWERS = np.stack((np.ones(256), _LEVELS, _LEVELS * _LEVELS, _LEVELS * _LEVELS * _LEVELS), axis=1)
