"""Filters of grey images whose reach is given in um: squares that reach so far to each side."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from lowcost.features.geometry import Grey, Mask
from lowcost.features.table import px


def level_outside(grey: Grey, mask: Mask, level: int) -> Grey:
    """Return a copy in which everything outside the mask has one value, so that filters see no edge there."""
    return np.asarray(cv2.copyTo(grey, mask.view(np.uint8), np.full(grey.shape, level, np.uint8)), np.uint8)


def top_hat(grey: Grey, um: float) -> Grey:
    """Return the image less its opening: how much a place is above everything `um` around it that is wider."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, _square(um)), np.uint8)


def bottom_hat(grey: Grey, um: float) -> Grey:
    """Return the closing less the image."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, _square(um)), np.uint8)


def eroded(grey: Grey, um: float) -> Grey:
    """Return the erosion."""
    return np.asarray(cv2.erode(grey, _square(um)), np.uint8)


def smooth(grey: Grey, um: float) -> Grey:
    """Return the mean, rounded to the nearest whole number, edges replicated."""
    side = 2 * px(um) + 1
    total = cv2.boxFilter(grey, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE)
    # The mean of an odd number of px never lies half way between two: every rounding gives the same.
    return np.asarray(cv2.convertScaleAbs(total, alpha=1 / (side * side)), np.uint8)


@cache
def _square(um: float) -> Grey:
    side = 2 * px(um) + 1
    return np.ones((side, side), np.uint8)
