"""Brings the stain of a crop to one strength before the network sees it.

Cameras and stains differ by a factor of three in how dark the same nucleus comes out. All optical densities of a crop
are multiplied by one factor, so that its chromatin, the darkest part of its middle, has one density in green light.
Colour and contrast within the crop stay; how dark the cell was, a matter of stain and camera, goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import stain

if TYPE_CHECKING:
    from lowcost.bundle import Bundle


@dataclass(frozen=True)
class Parameters:
    """How the strength is measured and set; the bundle's section ``strength``.

    Attributes
    ----------
    middle_um : float
        Edge of the square in the middle of the crop in which chromatin is looked for, um.
    darkest_percent : int
        The density of chromatin is the one that this share of the square reaches, percent.
    density : int
        Green density that it is given, thousandths of OD.
    weakest_percent, strongest_percent : int
        Limits of the factor, percent: what holds no chromatin is not made to.
    """

    middle_um: float
    darkest_percent: int
    density: int
    weakest_percent: int
    strongest_percent: int


class Strength:
    """Levels crops with one bundle's parameters.

    Parameters
    ----------
    parameters : Parameters
        How the strength is measured and set.
    density_table : sequence of int
        Optical density, thousandths, of each value 0-255; it falls to 0.
    um_per_px : float
        Scale of the crops.
    """

    def __init__(self, parameters: Parameters, density_table: tuple[int, ...], um_per_px: float) -> None:
        self.parameters = parameters
        self._table = density_table
        self._edge = int(parameters.middle_um / um_per_px + 0.5)

    @classmethod
    def load(cls, bundle: Bundle, um_per_px: float) -> Strength:
        """Return the levelling of a bundle."""
        table = bundle.section("stain", stain.Parameters).density_table
        return cls(bundle.section("strength", Parameters), table, um_per_px)

    def level(self, crop: NDArray[np.uint8], wanted: int | None = None) -> NDArray[np.uint8]:
        """Return a crop with its stain brought to one strength.

        Parameters
        ----------
        crop : (n, n, 3) uint8 array
            Balanced RGB with the cell in its middle.
        wanted : int, optional
            Green density of its chromatin, thousandths of OD, where not the bundle's.
        """
        settings = self.parameters
        wanted = settings.density if wanted is None else wanted
        first = (len(crop) - self._edge) // 2
        green = crop[first : first + self._edge, first : first + self._edge, 1]
        counts = np.cumsum(np.bincount(green.ravel(), minlength=256))
        rank = int(counts[-1]) * settings.darkest_percent // 100
        found = self._table[int(np.searchsorted(counts, rank, side="right"))]
        # The factor is wanted / found, within its limits.
        strongest, weakest = wanted * 100 // settings.strongest_percent, wanted * 100 // settings.weakest_percent
        values = tones(self._table, wanted, min(max(found, strongest, 1), weakest))
        levelled: NDArray[np.uint8] = cv2.LUT(crop, values).astype(np.uint8, copy=False)
        return levelled


def tones(density_table: Sequence[int], wanted: int, found: int) -> NDArray[np.uint8]:
    """Return the value that each value 0-255 gets where all densities are multiplied by `wanted` / `found`.

    Parameters
    ----------
    density_table : sequence of 256 int
        Optical density, thousandths, of each value; it falls to 0 at the white of the background.
    wanted, found : int
        Densities, thousandths of OD; `found` is positive.

    Returns
    -------
    (256,) uint8 array
        The brightest value that is at least as dense; light beyond the background's stays as it is.
    """
    table = np.array(density_table, np.int64)
    white = int((table > 0).sum())
    values = np.searchsorted(-table, -(table * wanted // found), side="right") - 1
    values[white:] = np.arange(white, 256)
    return np.maximum(values, 0).astype(np.uint8)
