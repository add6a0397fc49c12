"""Brings a pale photograph to the strength of stain that cells are looked for in.

A weak stain, an old slide or a camera's flat tone curve leave all optical densities a fraction of what they are
elsewhere, and thresholds that hold for every ordinary photograph then miss its nuclei. All densities of such a
photograph are multiplied by one factor, so that what is stained in it is as dark as in the palest ordinary one; a
photograph that is not pale stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import strength


@dataclass(frozen=True)
class Parameters:
    """What counts as pale; the bundle's section ``paleness``.

    Attributes
    ----------
    darkness : int
        Median darkness of the objects below which a photograph is pale, and to which it is brought, grey levels of 240.
    most_percent : int
        Greatest factor of its densities, percent: more would be noise.
    """

    darkness: int
    most_percent: int


def tones(
    darkness: int, white: int, density_table: tuple[int, ...], parameters: Parameters
) -> NDArray[np.uint8] | None:
    """Return the value that each balanced value gets in a pale photograph.

    Parameters
    ----------
    darkness : int
        Median darkness of its objects, grey levels of `white`, as `quality.assess` measures it.
    white : int
        Value of the background.
    density_table : sequence of 256 int
        Optical density, thousandths, of each value 0-255; it falls to 0.
    parameters : Parameters
        What counts as pale.

    Returns
    -------
    (256,) uint8 array or None
        None for a photograph that is not pale.
    """
    if darkness >= parameters.darkness:
        return None
    found, wanted = density_table[white - darkness], density_table[white - parameters.darkness]
    return strength.tones(density_table, wanted, max(found, wanted * 100 // parameters.most_percent))


def toned(pixels: NDArray[np.uint8], tones: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """Return pixels with each value replaced, as `tones` says; unchanged without a table."""
    return pixels if tones is None else np.asarray(cv2.LUT(pixels, tones), np.uint8)
