"""One cell cut out of its view: channels, regions and the statistics that the groups share, each computed once."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.geometry import BORDER, Grey, Mask, Region, bounding_window, label
from lowcost.features.table import UM_PER_PX, WHITE, px

OD_SCALE = 100
"""Integer optical density counts hundredths of a natural-log unit."""

OD_MAX = 255
"""Largest integer optical density: 2.55, a transmission of 8 %."""

LEAST_CYTOPLASM = px(0.5) ** 2
"""Fewer px than this are no cytoplasm to measure."""

THREAD: Grey = np.array([[0, 1, 1, 1, 0], *[[1] * 5] * 3, [0, 1, 1, 1, 0]], np.uint8)
"""Disc of 0.25 um radius that opens the nucleus: what is narrower is a thread between lobes or a dark cell edge."""

SPECK, SPECK_SHARE = 1.0 / UM_PER_PX**2, 0.03
"""Parts of the opened nucleus smaller than this, px, or than this share of its largest part are no nucleus."""

PINHOLE = 1.5 / UM_PER_PX**2
"""Smaller holes of the nucleus, px, are filled: they are pale chromatin or a vacuole over it, not a ring's middle."""

OD_TABLE: NDArray[np.uint8] = np.minimum(
    np.maximum(np.rint(OD_SCALE * np.log(WHITE / np.maximum(np.arange(256), 1.0))), 0), OD_MAX
).astype(np.uint8)
"""Integer optical density of each pixel value."""

LIGHT = ("red", "green", "blue")
"""Names of the colour channels, in order."""

EMPTY_SHARE = 85
"""Share (of 255) given to each channel where a pixel is nearly empty."""


class Specimen:
    """A cell with its masks, cropped to its bounding box plus `BORDER`.

    Parameters
    ----------
    view : (h, w, 3) uint8 array
        Balanced RGB, empty background `WHITE`.
    nucleus, cell : (h, w) bool array
        Masks. Nucleus pixels count as cell; there is at least one px.

    Attributes
    ----------
    channels : dict of str to (r, c) uint8 array
        ``red``, ``green``, ``blue``: optical density in hundredths. ``red_value`` and so on: the balanced values.
        ``red_share``, ``blue_share``: the channel's density as a share of the sum of the three, 0-255.
        ``mean``: the mean of the three densities, rounded down.
    cell : Region
        The whole cell; its window is the whole array.
    nucleus : Region or None
        The nucleus without threads, specks and pinholes; None where there is none.
    cytoplasm : (r, c) bool array
        Cell without nucleus.
    cytoplasm_area : int
        Its px.
    has_cytoplasm : bool
        Whether there is enough of it to measure.
    """

    def __init__(self, view: NDArray[np.uint8], nucleus: Mask, cell: Mask) -> None:
        whole = nucleus | cell
        box = bounding_window(whole, 0)
        values = [_bordered(np.ascontiguousarray(view[box][..., i]), WHITE) for i in range(3)]
        self.channels: dict[str, Grey] = {f"{c}_value": value for c, value in zip(LIGHT, values, strict=True)}
        density = [np.asarray(cv2.LUT(value, OD_TABLE), np.uint8) for value in values]
        self.channels |= dict(zip(LIGHT, density, strict=True))
        total = density[0].astype(np.int32) + density[1] + density[2]
        faint, whole_density = total < 10, np.maximum(total, 1)
        for name, channel in (("red_share", density[0]), ("blue_share", density[2])):
            share = (channel * np.int32(255) // whole_density).astype(np.uint8)
            share[faint] = EMPTY_SHARE
            self.channels[name] = share
        self.channels["mean"] = (total // 3).astype(np.uint8)
        inside = _cleaned(_bordered(nucleus[box].view(np.uint8), 0))
        self.cell = Region(_bordered(whole[box].view(np.uint8), 0).view(np.bool_) | inside)
        self.nucleus = Region(inside) if inside.any() else None
        self.cytoplasm = self.cell.whole & ~inside
        self.cytoplasm_area = int(np.count_nonzero(self.cytoplasm))
        self.has_cytoplasm = self.cytoplasm_area >= LEAST_CYTOPLASM
        self._regions = {"cell": self.cell.whole, "nucleus": inside, "cytoplasm": self.cytoplasm}
        self._found: dict[tuple[str, str], Distribution] = {}

    def distribution(self, channel: str, region: str) -> Distribution:
        """Return the values of a channel in ``"cell"``, ``"nucleus"`` or ``"cytoplasm"``."""
        key = channel, region
        if key not in self._found:
            self._found[key] = Distribution(self.channels[channel], self._regions[region])
        return self._found[key]

    def means(self, region: str) -> tuple[float, float, float]:
        """Return the mean red, green and blue density of a region, in hundredths."""
        red, green, blue = (self.distribution(channel, region).mean for channel in LIGHT)
        return red, green, blue


def _cleaned(pixels: Grey) -> Mask:
    """The nucleus without threads, specks and pinholes; as it is where nothing else would remain."""
    thick = np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_OPEN, THREAD), np.uint8)
    labels, areas = label(thick)
    solid = (areas >= max(SPECK, SPECK_SHARE * areas.max()))[labels]
    if not solid.any():
        solid = pixels > 0
    labels, areas = label(1 - solid.view(np.uint8), connectivity=4)
    small = areas < PINHOLE
    small[0] = small[labels[0, 0]] = False  # the nucleus itself, and the outside
    return np.asarray(solid | small[labels])


def _bordered(image: Grey, value: int) -> Grey:
    wider = cv2.copyMakeBorder(image, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=value)
    return np.asarray(wider, np.uint8)


class Distribution:
    """The values of one region as a histogram: every statistic is a short sum over 256 counts.

    Parameters
    ----------
    grey : (h, w) uint8 array
        The image.
    mask : (h, w) bool array
        The region; where it is empty every statistic is 0.
    """

    def __init__(self, grey: Grey, mask: Mask) -> None:
        counts = cv2.calcHist([grey], [0], mask.view(np.uint8), [256], [0, 256])
        # Whole numbers below 2**53: exact in double.
        self.counts: NDArray[np.float64] = counts.ravel().astype(np.float64)
        self.n = int(self.counts @ _ONES)
        self.total = int(self.counts @ _LEVELS)
        self.mean = ratio(self.total, self.n)

    @cached_property
    def deviation(self) -> float:
        """Standard deviation."""
        squares = int(self.counts @ _SQUARES)
        return ratio((self.n * squares - self.total * self.total) ** 0.5, self.n)

    @cached_property
    def variation(self) -> float:
        """Standard deviation over mean."""
        return ratio(self.deviation, self.mean)

    @cached_property
    def skewness(self) -> float:
        """Third standardised moment; 0 for a constant region."""
        if self.deviation == 0:
            return 0.0
        return float(self.counts @ (_LEVELS - self.mean) ** 3) / self.n / self.deviation**3

    @cached_property
    def _cumulative(self) -> NDArray[np.float64]:
        return np.cumsum(self.counts) * 100

    def percentile(self, percent: int) -> int:
        """Return the smallest value that at least `percent` of the values do not exceed."""
        return int(self._cumulative.searchsorted(percent * self.n))

    def share_above(self, level: float) -> float:
        """Return the share of values above a level."""
        return ratio(int(self.counts[int(level) + 1 :].sum()), self.n)

    def share_below(self, level: float) -> float:
        """Return the share of values below a level."""
        return ratio(int(self.counts[: -int(-level // 1)].sum()), self.n)


_ONES = np.ones(256)
_LEVELS = np.arange(256.0)
_SQUARES = _LEVELS * _LEVELS


def ratio(part: float, whole: float) -> float:
    """Return part / whole, and 0 where the whole is 0."""
    return part / whole if whole else 0.0


def filled_outside(grey: Grey, mask: Mask) -> Grey:
    """Return a copy in which everything outside the mask has the mask's median, so that filters see no edge."""
    return np.where(mask, grey, np.uint8(Distribution(grey, mask).percentile(50)))


def opened(grey: Grey, um: float) -> Grey:
    """Return the opening by a square that reaches `um` to each side."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_OPEN, _square(um)), np.uint8)


def closed(grey: Grey, um: float) -> Grey:
    """Return the closing by a square that reaches `um` to each side."""
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_CLOSE, _square(um)), np.uint8)


def eroded(grey: Grey, um: float) -> Grey:
    """Return the erosion by a square that reaches `um` to each side."""
    return np.asarray(cv2.erode(grey, _square(um)), np.uint8)


def _square(um: float) -> Grey:
    side = 2 * px(um) + 1
    return np.ones((side, side), np.uint8)


def smooth(grey: Grey, um: float) -> Grey:
    """Return the mean over a square that reaches `um` to each side, rounded half up, edges replicated."""
    side = 2 * px(um) + 1
    area = side * side
    total = cv2.boxFilter(grey, cv2.CV_32S, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return ((2 * total + area) // (2 * area)).astype(np.uint8)
