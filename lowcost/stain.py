"""Optical density in integers, and the stains that make it up, addressed by name.

Light that passes a stained object falls exponentially with the amount of stain (Beer-Lambert), so densities add where
transmitted light multiplies (Ruifrok and Johnston 2001, Anal Quant Cytol Histol 23:291). Densities here are integers in
thousandths of OD, read from one table of 256 entries, so that every platform computes the same.

Two pigments matter on a Giemsa-stained smear. *Haemoglobin with eosin* (red cells, eosinophil granules) absorbs blue
and green light. *Azure B on chromatin* (nuclei, platelets, basophil granules) absorbs green and red light and lets blue
pass: the excess of green over blue density singles it out, on every camera and cast that was tried.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
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
    blue_limit : int
        Blue density counts against chromatin up to this, thousandths of OD.
    least_pixels : int
        Smallest number of pixels that a stain vector is measured on.
    most_pixels : int
        Of many more, every nth is counted so that about this many are.
    vectors : dict of str to tuple of float
        Unit optical-density vectors (red, green, blue) by stain, taken where a picture shows too little of a stain.
    """

    density_table: tuple[int, ...]
    foreground_density: int
    blue_limit: int
    least_pixels: int
    most_pixels: int
    vectors: dict[str, tuple[float, float, float]]


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
    table = np.array(parameters.density_table, np.int16)
    return np.asarray(cv2.LUT(balanced, table), np.int16)


def chromatin_density(density: NDArray[np.int16], blue_limit: int) -> NDArray[np.int16]:
    """Density of the stain on chromatin: green less blue optical density, where positive.

    Parameters
    ----------
    density : (h, w, 3) int16 array
        Optical density, thousandths.
    blue_limit : int
        Blue density counts up to this, thousandths: red cells do not reach it, but the densest nuclei exceed it.

    Returns
    -------
    (h, w) int16 array
        Thousandths of OD, 0 or more.
    """
    green, blue = (cv2.extractChannel(density, channel) for channel in (1, 2))
    # Truncated by OpenCV, which is faster than numpy's clip and ten times faster than its minimum and maximum.
    _, limited = cv2.threshold(blue, blue_limit, 0, cv2.THRESH_TRUNC)
    return np.asarray(cv2.threshold(cv2.subtract(green, limited), 0, 0, cv2.THRESH_TOZERO)[1], np.int16)


def vectors(
    density: NDArray[np.int16], nuclei: NDArray[np.bool_], rest: NDArray[np.bool_], parameters: Parameters
) -> dict[str, tuple[float, float, float]]:
    """Measure the stain vectors of a picture on its own nuclei and red cells.

    Parameters
    ----------
    density : (h, w, 3) int16 array
        Optical density, thousandths.
    nuclei : (h, w) bool array
        The nuclei: ``"chromatin"``.
    rest : (h, w) bool array
        Where there are no nuclei; what is stained there is ``"haemoglobin"``.

    Returns
    -------
    dict of str to (red, green, blue)
        Unit vectors of the median densities; the bundle's default where too few pixels show a stain.
    """
    stained = np.asarray(cv2.extractChannel(density, 1)) > parameters.foreground_density
    measured = {}
    for name, mask in (("chromatin", nuclei), ("haemoglobin", rest & stained)):
        shown = np.flatnonzero(mask)
        if shown.size < parameters.least_pixels:
            measured[name] = parameters.vectors[name]
            continue
        counted = shown[:: max(1, shown.size // parameters.most_pixels)]
        red, green, blue = (lower_median(channel) for channel in density.reshape(-1, 3)[counted].T)
        length = math.sqrt(red * red + green * green + blue * blue)
        measured[name] = (red / length, green / length, blue / length)
    return measured


def lower_median(values: NDArray[np.int16]) -> int:
    """Lower median of non-negative integers; there must be one."""
    counts = np.cumsum(np.bincount(values))
    return int(np.searchsorted(counts, (int(counts[-1]) + 1) // 2))
