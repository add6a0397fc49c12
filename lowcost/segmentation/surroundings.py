"""What is not a leukocyte, learnt from each picture itself.

Far from every nucleus a smear shows empty glass, red cells and platelets: their colours, counted in a histogram, are
what a leukocyte's cytoplasm must be told from. A colour that is rare there and lies near a nucleus is cytoplasm.
Nothing of a camera or a stain has to be known beforehand, which is why this holds where trained colours do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Parameters:
    """What `surroundings` takes from the bundle.

    Attributes
    ----------
    density_edges : tuple of int
        Lower edges of the histogram's bins, thousandths of OD, ascending from 0.
    clearance_um : tuple of float
        Distances from nuclei beyond which a pixel counts; the next one is taken where the first leaves too few pixels.
    least_pixels : int
        Number of pixels that is enough.
    most_pixels : int
        Of many more, every nth is counted so that about this many are.
    rarity : tuple of int
        Upper limits, millionths, of a colour's share of the surroundings, ascending.
    scores : tuple of int
        Evidence for cytoplasm, sixteenths of a natural log-odds, of each interval that `rarity` parts (one more).
    """

    density_edges: tuple[int, ...]
    clearance_um: tuple[float, ...]
    least_pixels: int
    most_pixels: int
    rarity: tuple[int, ...]
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Surroundings:
    """The colours of one picture's surroundings, as evidence.

    Attributes
    ----------
    table : (n, n, n) int16 array
        Evidence for cytoplasm by bin of green, chromatin and red density.
    bins : (m,) uint8 array
        Bin of each density, thousandths of OD.
    """

    table: NDArray[np.int16]
    bins: NDArray[np.uint8]

    def score(self, density: NDArray[np.int16]) -> NDArray[np.int16]:
        """Evidence, sixteenths of a natural log-odds, that a pixel of optical density (..., 3) is cytoplasm."""
        green, chromatin, red = _bins(density, self.bins)
        return self.table[green, chromatin, red]


def measure(
    density: NDArray[np.int16],
    nuclei: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    um_per_px: float,
    parameters: Parameters,
) -> Surroundings:
    """Count the colours far from the nuclei.

    Parameters
    ----------
    density : (h, w, 3) int16 array
        Optical density, thousandths.
    nuclei : (h, w) bool array
        Everything that may be a nucleus or a platelet.
    inside : (h, w) bool array
        Where the picture shows the smear.
    um_per_px : float
        Edge of a px, um.

    Returns
    -------
    Surroundings
        The picture's evidence table.
    """
    far = inside & ~nuclei
    for clearance in parameters.clearance_um:
        side = 2 * int(clearance / um_per_px) + 1
        # A square, not a disc: it is dilated in two passes.
        beyond = inside & (cv2.dilate(nuclei.astype(np.uint8), np.ones((side, side), np.uint8)) == 0)
        if np.count_nonzero(beyond) >= parameters.least_pixels:
            far = beyond
            break
    edges = np.array(parameters.density_edges)
    bins = (np.searchsorted(edges, np.arange(4096), side="right") - 1).astype(np.uint8)
    size = edges.size
    counted = np.flatnonzero(far)
    counted = counted[:: max(1, counted.size // parameters.most_pixels)]
    green, chromatin, red = _bins(density.reshape(-1, 3)[counted], bins)
    index = (green.astype(np.int64) * size + chromatin) * size + red
    counts = np.bincount(index, minlength=size**3).reshape(size, size, size)
    for axis in range(3):
        counts = _smoothed(counts, axis)
    share = counts * 15625 // max(1, index.size)  # 64 times the count, as smoothed, in millionths
    scores = np.array(parameters.scores, np.int16)
    return Surroundings(scores[np.searchsorted(np.array(parameters.rarity), share)], bins)


def _bins(density: NDArray[np.int16], bins: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    green = density[..., 1]
    return bins[green], bins[np.maximum(green - density[..., 2], 0)], bins[density[..., 0]]


def _smoothed(counts: NDArray[np.int64], axis: int) -> NDArray[np.int64]:
    """Counts weighted 1, 2, 1 along an axis, the outermost bins repeated."""
    bins = np.moveaxis(counts, axis, 0)
    smoothed = 2 * bins
    smoothed[1:] += bins[:-1]
    smoothed[0] += bins[0]
    smoothed[:-1] += bins[1:]
    smoothed[-1] += bins[-1]
    return np.moveaxis(smoothed, 0, axis)
