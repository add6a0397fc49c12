"""One cell cut out of its view: channels, regions and the statistics that the groups share, each computed once."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.features.distribution import Distribution
from lowcost.features.filters import level_outside, top_hat
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

_OD_INDEX = OD_TABLE.astype(np.intp)

LIGHT = ("red", "green", "blue")
"""Names of the colour channels, in order."""

EMPTY_SHARE, FAINT = 85, 10
"""Share (of 255) given to each channel where a pixel is nearly empty: where the three densities add up to less."""


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
        values = [np.asarray(value, np.uint8) for value in cv2.split(_bordered(view[box], WHITE))]
        densities = [np.asarray(cv2.LUT(value, OD_TABLE), np.uint8) for value in values]
        whole_density = densities[0].astype(np.uint16) + densities[1] + densities[2]
        faint, divisor = whole_density < FAINT, np.clip(whole_density, 1, 3 * OD_MAX).astype(np.float32)
        self.channels: dict[str, Grey] = dict(zip(LIGHT, densities, strict=True))
        self.channels |= {f"{name}_value": value for name, value in zip(LIGHT, values, strict=True)}
        for name in ("red", "blue"):
            # Single precision will do: quotients of such small integers never round up to a whole number.
            share = (self.channels[name] * np.float32(255) / divisor).astype(np.uint8)
            share[faint] = EMPTY_SHARE
            self.channels[f"{name}_share"] = share
        self.channels["mean"] = (whole_density // 3).astype(np.uint8)
        inside = _cleaned(_bordered(nucleus[box].view(np.uint8), 0))
        self.cell = Region(_bordered(whole[box].view(np.uint8), 0).view(np.bool_) | inside)
        self.nucleus = Region(inside) if inside.any() else None
        self.cytoplasm = self.cell.whole & ~inside
        self.cytoplasm_area = int(np.count_nonzero(self.cytoplasm))
        self.has_cytoplasm = self.cytoplasm_area >= LEAST_CYTOPLASM
        everywhere = np.s_[:, :]
        self._regions = {"nucleus": (everywhere, inside), "cytoplasm": (everywhere, self.cytoplasm)}
        if self.nucleus is not None:
            self._regions["nucleus"] = self.nucleus.window, self.nucleus.mask
        self._found: dict[tuple[str, str], Distribution] = {}
        self._top_hats: dict[tuple[str, float], Grey] = {}

    def distribution(self, channel: str, region: str) -> Distribution:
        """Return the values of a channel in ``"cell"``, ``"nucleus"`` or ``"cytoplasm"``."""
        key = channel, region
        if key not in self._found:
            if region == "cell":
                found = self.distribution(channel, "nucleus") + self.distribution(channel, "cytoplasm")
            elif channel in LIGHT:
                found = self.distribution(f"{channel}_value", region).through(_OD_INDEX)
            else:
                window, mask = self._regions[region]
                found = Distribution.of(self.channels[channel][window], mask)
            self._found[key] = found
        return self._found[key]

    def levelled(self, channel: str) -> Grey:
        """Return a channel with everything but the cytoplasm at the cytoplasm's median, so that filters see no edge."""
        return level_outside(self.channels[channel], self.cytoplasm, self.distribution(channel, "cytoplasm").median)

    def top_hat(self, channel: str, um: float) -> Grey:
        """Return the top-hat of the cytoplasm's density in a channel."""
        key = channel, um
        if key not in self._top_hats:
            self._top_hats[key] = top_hat(self.levelled(channel), um)
        return self._top_hats[key]

    @cached_property
    def nuclear_green(self) -> Grey:
        """Green density in the nucleus's window, everything but the nucleus at the nucleus's median."""
        if self.nucleus is None:
            raise ValueError("no nucleus")
        density = self.channels["green"][self.nucleus.window]
        return level_outside(density, self.nucleus.mask, self.distribution("green", "nucleus").median)

    def means(self, region: str) -> tuple[float, float, float]:
        """Return the mean red, green and blue density of a region, in hundredths."""
        red, green, blue = (self.distribution(channel, region).mean for channel in LIGHT)
        return red, green, blue


def _cleaned(pixels: Grey) -> Mask:
    """The nucleus without threads, specks and pinholes; as it is where nothing else would remain."""
    cleaned = np.zeros(pixels.shape, np.bool_)
    if pixels.any():
        window = bounding_window(pixels, BORDER)
        cleaned[window] = _solid(np.ascontiguousarray(pixels[window]))
    return cleaned


def _solid(pixels: Grey) -> Mask:
    """The same of a nucleus that fills its window."""
    thick = np.asarray(cv2.morphologyEx(pixels, cv2.MORPH_OPEN, THREAD), np.uint8)
    labels, areas = label(thick)
    solid = (areas >= max(SPECK, SPECK_SHARE * areas.max())).take(labels)
    if not solid.any():
        solid = pixels > 0
    labels, areas = label(1 - solid.view(np.uint8), connectivity=4)
    small = areas < PINHOLE
    small[0] = small[labels[0, 0]] = False  # the nucleus itself, and the outside
    return np.asarray(solid | small.take(labels) if small.any() else solid)


def _bordered(image: NDArray[np.uint8], value: int) -> NDArray[np.uint8]:
    around = (value,) * 3
    wider = cv2.copyMakeBorder(image, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_CONSTANT, value=around)
    return np.asarray(wider, np.uint8)
