"""Peaks of a distance map and the saddles between them: the lobes of a shape, and the necks that part them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Peak:
    """One lobe of a shape.

    Attributes
    ----------
    radius : float
        Radius of its largest inscribed disc, px.
    saddle : float
        Half the width of the neck over which it joins a larger lobe, px; 0 where it joins none.
    row, column : int
        Centre of that disc.
    """

    radius: float
    saddle: float
    row: int
    column: int

    @property
    def neck(self) -> float:
        """Width of the neck over the width of the lobe: 0 for a separate part, near 1 for a mere bump."""
        return self.saddle / self.radius


def peaks(inner: NDArray[np.int32], least: float) -> list[Peak]:
    """Find the lobes of a shape.

    The map is cut at whole radii from its highest point down. A part that appears is a lobe; where two lobes first
    share a part, that radius is the lesser one's saddle.

    Parameters
    ----------
    inner : (h, w) int32 array
        Squared distance of each px of the shape to the outside, px squared; 0 outside and along the border.
    least : float
        Radius below which a bump is no lobe, px; the largest lobe counts whatever its size.

    Returns
    -------
    list of Peak
        The largest lobe first.
    """
    alive: list[tuple[int, int, int]] = []
    found: list[Peak] = []
    # What appears at a radius has a px as high as all its neighbours, and reaches no further than the next radius.
    highest = cv2.dilate(inner.astype(np.float32), np.ones((3, 3), np.uint8))
    summits = inner[(inner == highest) & (inner > 0)]
    appear = {math.isqrt(squared - 1) for squared in summits.tolist()}
    for radius in range(max(appear), -1, -1):
        if len(alive) == 1 and radius < least - 1:
            break  # nothing to appear, nothing to meet
        if len(alive) == 1 and radius not in appear:
            continue
        # A px that far from the outside is that far from the border too, and the rest need not be searched.
        near = inner[radius : len(inner) - radius, radius : inner.shape[1] - radius]
        count, labels = cv2.connectedComponents((near > radius * radius).view(np.uint8), connectivity=8)
        leaders: dict[int, tuple[int, int, int]] = {}
        # In order of height, then of reading: the higher lobe of a part survives.
        for lobe in alive:
            part = int(labels[lobe[1] - radius, lobe[2] - radius])
            if part in leaders:
                found.append(Peak(math.sqrt(lobe[0]), float(radius), lobe[1], lobe[2]))
            else:
                leaders[part] = lobe
        for part in range(1, count if radius >= least - 1 or not alive else 1):
            if part not in leaders:
                row, column = divmod(int(np.where(labels == part, near, 0).argmax()), near.shape[1])
                leaders[part] = int(near[row, column]), row + radius, column + radius
        alive = sorted(leaders.values(), key=lambda lobe: (-lobe[0], lobe[1], lobe[2]))
    found.extend(Peak(math.sqrt(squared), 0.0, row, column) for squared, row, column in alive)
    found.sort(key=lambda peak: (-peak.radius, peak.row, peak.column))
    return found[:1] + [peak for peak in found[1:] if peak.radius >= least]
