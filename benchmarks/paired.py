"""Whether two methods differ on the same cells or fields."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

from lowcost.evaluation.bootstrap import Estimate, interval


def difference(ours: NDArray[np.float64], theirs: NDArray[np.float64], groups: Sequence[str] | None = None) -> Estimate:
    """Return the mean of ours less theirs, both measured on the same items, with its bootstrap interval.

    Parameters
    ----------
    ours, theirs : (n,) array
        Right or wrong, or a score, per item.
    groups : sequence of str, optional
        The slide of each item, drawn as a whole.
    """
    return interval(_mean, np.subtract(ours, theirs, dtype=np.float64)[:, None], groups)


def mcnemar(ours: NDArray[np.bool_], theirs: NDArray[np.bool_]) -> float:
    """Return the exact two-sided p of McNemar 1947, doi:10.1007/BF02295996, from the items that one alone got right.

    Examples
    --------
    >>> mcnemar(np.array([True] * 6), np.array([False] * 6))
    0.03125
    """
    only_ours, only_theirs = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    n, least = only_ours + only_theirs, min(only_ours, only_theirs)
    # Whole numbers until the last division: floats overflow beyond a thousand discordant pairs.
    return min(1.0, 2 * sum(comb(n, k) for k in range(least + 1)) / 2**n)


def _mean(rows: NDArray[np.float64]) -> float:
    return float(rows.mean())
