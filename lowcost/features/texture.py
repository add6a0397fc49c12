"""Texture of a region: co-occurrence, local binary patterns and granulometry, all of it counted in integers."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.distribution import Distribution, mean, ratio, total
from lowcost.features.geometry import Grey, Mask

LEVELS = 16
"""Grey levels of a co-occurrence matrix; level 8 begins at the region's mean."""


def relative_levels(grey: Grey, mask: Mask) -> Grey:
    """Return `LEVELS` grey levels in eighths of the region's mean, so that a darker camera changes nothing."""
    steps = np.arange(256) * (LEVELS // 2 * int(np.count_nonzero(mask))) // max(total(grey, mask), 1)
    return np.asarray(cv2.LUT(grey, np.minimum(steps, LEVELS - 1).astype(np.uint8)), np.uint8)


def cooccurrence(levels: Grey, mask: Mask, distance: int) -> NDArray[np.int64]:
    """Count pairs of grey levels at a distance, along rows, columns and both diagonals, both ways round.

    Parameters
    ----------
    levels : (h, w) uint8 array
        Levels from 0 to `LEVELS` - 1.
    mask : (h, w) bool array
        Only pairs with both px inside count.
    distance : int
        Step along x, y or both, px.

    Returns
    -------
    (LEVELS, LEVELS) int64 array
        Symmetric counts (Haralick 1973, doi:10.1109/TSMC.1973.4309314).
    """
    first, inside = levels * np.uint8(LEVELS), mask.view(np.uint8)
    counted = np.zeros((LEVELS * LEVELS, 1), np.float32)
    for a, b in (
        (np.s_[:, :-distance], np.s_[:, distance:]),
        (np.s_[:-distance], np.s_[distance:]),
        (np.s_[:-distance, :-distance], np.s_[distance:, distance:]),
        (np.s_[distance:, :-distance], np.s_[:-distance, distance:]),
    ):
        cv2.calcHist([first[a] + levels[b]], [0], inside[a] & inside[b], [256], [0, 256], counted, accumulate=True)
    counts = counted.astype(np.int64)
    matrix = counts.reshape(LEVELS, LEVELS)
    return np.asarray(matrix + matrix.T)


def haralick(counts: NDArray[np.int64]) -> dict[str, float]:
    """Return contrast, homogeneity, energy, entropy and correlation of a co-occurrence matrix.

    Definitions as `skimage.feature.graycoprops`: homogeneity is the inverse difference moment, energy the root of the
    angular second moment, and the correlation of a constant region is 1.
    """
    total = int(counts.sum())
    if total == 0:
        return dict.fromkeys(("contrast", "homogeneity", "energy", "entropy", "correlation"), 0.0)
    pairs = counts.ravel().astype(np.float64)
    contrast, homogeneity, level, square, product = (pairs @ _PAIR_TERMS / total).tolist()
    variance, covariance = square - level * level, product - level * level
    share = pairs[pairs > 0] / total
    return {
        "contrast": contrast,
        "homogeneity": homogeneity,
        "energy": float(share @ share) ** 0.5,
        "entropy": -float(share @ np.log(share)),
        "correlation": covariance / variance if variance > 1e-12 else 1.0,
    }


def _pair_terms() -> NDArray[np.float64]:
    """What each pair of levels (i, j) adds to contrast, homogeneity and the means of i, i^2 and i j: (256, 5)."""
    i, j = (level.ravel().astype(np.float64) for level in np.mgrid[:LEVELS, :LEVELS])
    return np.stack(((i - j) ** 2, 1 / (1 + (i - j) ** 2), i, i * i, i * j), axis=1)


_PAIR_TERMS = _pair_terms()


def binary_patterns(grey: Grey, mask: Mask, distance: int) -> NDArray[np.float64]:
    """Return the share of each rotation-invariant uniform pattern of eight neighbours.

    A pixel's neighbours, `distance` px away along rows, columns and diagonals, count as set where they are at least
    as dense as it is. Patterns with at most two changes around the circle go by their number of set neighbours (0-8),
    the others together are the tenth (Ojala 2002, doi:10.1109/TPAMI.2002.1017623).

    Returns
    -------
    (10,) float64 array
        Shares; all 0 where no pixel has all its neighbours in the region.
    """
    d = distance
    side = 2 * d + 1
    whole = cv2.erode(mask.view(np.uint8), np.ones((side, side), np.uint8))[d:-d, d:-d] > 0
    n = int(np.count_nonzero(whole))
    if n == 0:
        return np.zeros(10)
    height, width = grey.shape
    centre = grey[d:-d, d:-d]
    code = np.zeros(centre.shape, np.uint8)
    for bit, (dy, dx) in enumerate(_CIRCLE):
        neighbour = grey[d + dy * d : height - d + dy * d, d + dx * d : width - d + dx * d]
        code |= (neighbour >= centre).view(np.uint8) << np.uint8(bit)
    return np.bincount(_PATTERN, Distribution.of(code, whole).counts, 10) / n


_CIRCLE = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))


def _pattern(code: int) -> int:
    bits = [code >> bit & 1 for bit in range(8)]
    changes = sum(bits[i] != bits[i - 1] for i in range(8))
    return sum(bits) if changes <= 2 else 9


_PATTERN = np.array([_pattern(code) for code in range(256)])


def relief(hat: Grey, mask: Mask, density: float) -> float:
    """Return the mean of a top-hat or bottom-hat in a region over the region's mean density.

    How much of the density is grains, or is missing in gaps, that are narrower than twice the reach of the hat.
    """
    return ratio(mean(hat, mask), density)
