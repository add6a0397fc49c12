"""Optical density in integers, and the stains that make it up, addressed by name.

Light that passes a stained object falls exponentially with the amount of stain (Beer-Lambert), so densities add where
transmitted light multiplies (Ruifrok and Johnston 2001, Anal Quant Cytol Histol 23:291). Densities here are integers in
thousandths of OD, read from one table of 256 entries, so that every platform computes the same.

Two pigments matter on a Giemsa-stained smear. *Haemoglobin with eosin* (red cells, eosinophil granules) absorbs blue
and green light. *Azure B on chromatin* (nuclei, platelets, basophil granules) absorbs green and red light and lets blue
pass: the excess of green over blue density singles it out, on every camera and cast that was tried.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Parameters:
    """What `stain` takes from the bundle.

    Attributes
    ----------
    density_table : tuple of int
        Optical density, thousandths, of each value 0-255 of a balanced image; 0 at the background's value and above.
    foreground_density : int
        Green density from which a pixel holds something, thousandths of OD.
    haemoglobin_blue_percent : int
        Smallest density in blue light, percent of that in green, of a pixel that holds haemoglobin.
    reference_pixels : int
        Smallest number of haemoglobin pixels that make a reference.
    """

    density_table: tuple[int, ...]
    foreground_density: int
    haemoglobin_blue_percent: int
    reference_pixels: int


def optical_density(balanced: NDArray[np.uint8], parameters: Parameters) -> NDArray[np.int16]:
    """Optical density of each channel of a balanced image.

    Parameters
    ----------
    balanced : (h, w, 3) uint8 array
        Red, green and blue, with the empty background at one fixed value.

    Returns
    -------
    (h, w, 3) int16 array
        Thousandths of OD, 0 or more.
    """
    density: NDArray[np.int16] = np.array(parameters.density_table, np.int16)[balanced]
    return density


def chromatin_density(density: NDArray[np.int16]) -> NDArray[np.int16]:
    """Density of the stain on chromatin: green less blue optical density, where positive.

    Parameters
    ----------
    density : (h, w, 3) int16 array
        Optical density, thousandths.

    Returns
    -------
    (h, w) int16 array
        Thousandths of OD, 0 or more.
    """
    return np.maximum(density[..., 1] - density[..., 2], 0).astype(np.int16)
