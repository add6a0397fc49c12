"""The edge of one nucleus in its view: first against what surrounds it, then against the cytoplasm of its own cell."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost.segmentation import otsu
from lowcost.segmentation.geometry import near, squared_distance_to
from lowcost.stain import lower_median


@dataclass(frozen=True)
class Parameters:
    """What `nuclear_edge` takes from the bundle.

    Attributes
    ----------
    density_limit : int
        Densities above this count as this, thousandths of OD: in the few grey values that are darker a camera shows
        noise, and blur moves the edge of a very dark nucleus inwards on the scale of densities.
    zone_um : float
        How far beyond the nucleus as first found its edge is sought.
    ring_um : float
        Width of the ring around that zone whose chromatin density stands for what is not nucleus.
    level_percent : int
        Where between the ring's and the nucleus's median density the edge lies before the cell is outlined, percent.
    class_level_percent : int
        Where between the mean densities of the outlined cell's cytoplasm and nucleus the edge lies, percent.
    highest_level_percent : int
        Where, on the scale of `level_percent`, it lies at most: a cell may be nucleus throughout.
    explained_percent : int
        Share, percent, of the variance of an outlined cell's chromatin or red density that two classes must explain to
        count as nucleus and cytoplasm; they explain 64 of a single bell-shaped one.
    red_explained_percent : int
        The same for the edge to be sought in red density.
    speck_area_um2 : float
        Smaller pieces of the nucleus are dropped and smaller holes filled.
    """

    density_limit: int
    zone_um: float
    ring_um: float
    level_percent: int
    class_level_percent: int
    highest_level_percent: int
    explained_percent: int
    red_explained_percent: int
    speck_area_um2: float


@dataclass(frozen=True)
class NuclearEdge:
    """Where the edge of one nucleus is sought.

    Attributes
    ----------
    own : (n, n) bool array
        The nucleus as first found.
    window : (slice, slice)
        Rows and columns of the view within which everything lies.
    zone : bool array
        Within the window, the nucleus as first found and what lies around it.
    chromatin, red : (n, n) int16 arrays
        Chromatin density and red density of the view, limited.
    medians : (int, int) or None
        Median chromatin density of what surrounds the zone and of the nucleus; None where the former is not seen.
    speck_px : float
        Smaller pieces are dropped and smaller holes filled.
    parameters : Parameters
        Where between two densities the edge lies.
    """

    own: NDArray[np.bool_]
    window: tuple[slice, slice]
    zone: NDArray[np.bool_]
    chromatin: NDArray[np.int16]
    red: NDArray[np.int16]
    medians: tuple[int, int] | None
    speck_px: float
    parameters: Parameters

    @classmethod
    def around(
        cls,
        density: NDArray[np.int16],
        chromatin: NDArray[np.int16],
        own: NDArray[np.bool_],
        others: NDArray[np.bool_],
        um_per_px: float,
        parameters: Parameters,
    ) -> NuclearEdge:
        """Look around a nucleus.

        Parameters
        ----------
        density : (n, n, 3) int16 array
            Optical density of the view, thousandths.
        chromatin : (n, n) int16 array
            Its chromatin density.
        own, others : (n, n) bool arrays
            The nucleus and those of neighbouring cells, as first found.
        um_per_px : float
            Edge of a px of the view, um.

        Returns
        -------
        NuclearEdge
            What `guess` and `within` need.
        """
        window = _window(own, int((parameters.zone_um + parameters.ring_um) / um_per_px) + 2)
        seed, rivals = own[window], others[window]
        zone_px = parameters.zone_um / um_per_px
        zone = near(seed, zone_px)
        ring = near(zone, parameters.ring_um / um_per_px) & ~zone
        if rivals.any():
            taken = near(rivals, zone_px)
            ring &= ~taken
            zone &= ~taken | (squared_distance_to(seed) < squared_distance_to(rivals))
        speck_px = parameters.speck_area_um2 / (um_per_px * um_per_px)
        chromatin = np.clip(chromatin, 0, parameters.density_limit)
        red = np.clip(density[..., 0], 0, parameters.density_limit)
        inner = chromatin[window]
        medians = (lower_median(inner[ring]), lower_median(inner[seed])) if ring.any() else None
        return cls(own, window, zone, chromatin, red, medians, speck_px, parameters)

    def guess(self) -> NDArray[np.bool_]:
        """The nucleus before its cell is outlined: its edge lies between its density and that of what surrounds it.

        Returns
        -------
        (n, n) bool array
            The nucleus; as first found where no such edge exists.
        """
        if self.medians is None:
            return self.own
        nucleus = self._above(self.chromatin, _between(*self.medians, self.parameters.level_percent))
        return nucleus if (nucleus & self.own).any() else self.own

    def within(self, cell: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The nucleus of an outlined cell: its edge lies between the densities of nucleus and cytoplasm.

        Chromatin density parts the two in most cells. An eosinophil's granules absorb as much green as its nucleus, and
        blue cytoplasm passes as much blue, but both let red pass: where red density parts them better, it is taken. A
        cell that neither parts is nucleus throughout, as many a blast is: its classes would be two shades of chromatin.

        Returns
        -------
        (n, n) bool array
            The nucleus; as it was guessed where no such edge exists.
        """
        settings = self.parameters
        # Within the cell there is nothing but nucleus and cytoplasm: Otsu's classes are these two.
        chromatin, red = (otsu.classes(np.bincount(stain[cell], minlength=2)) for stain in (self.chromatin, self.red))
        if max(chromatin.explained, red.explained) <= settings.explained_percent / 100:
            return self.guess()
        if red.explained > max(chromatin.explained, settings.red_explained_percent / 100):
            nucleus = self._above(self.red, _between(red.low, red.high, settings.class_level_percent))
        else:
            level = _between(chromatin.low, chromatin.high, settings.class_level_percent)
            if self.medians is not None:
                level = min(level, _between(*self.medians, settings.highest_level_percent))
            nucleus = self._above(self.chromatin, level)
        return nucleus if (nucleus & self.own).any() else self.guess()

    def _above(self, stain: NDArray[np.int16], level: int) -> NDArray[np.bool_]:
        """The part of the zone above a density."""
        total = cv2.boxFilter(stain[self.window], cv2.CV_32F, (3, 3), normalize=False)
        nucleus = np.zeros_like(self.own)
        nucleus[self.window] = _without_specks((total > 9 * level) & self.zone, self.speck_px)
        return nucleus


def _between(low: float, high: float, percent: int) -> int:
    """The density at a share of the way between two."""
    return int(low + (high - low) * percent / 100)


def _window(mask: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    """The bounding box of a mask with a margin, as an index."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + 1 + margin),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + 1 + margin),
    )


def _without_specks(mask: NDArray[np.bool_], area_px: float) -> NDArray[np.bool_]:
    """Drop pieces below an area (8 neighbours) and fill holes below it (4 neighbours)."""
    pieces = _at_least(mask, area_px, 8)
    return ~_at_least(~pieces, area_px, 4)


def _at_least(mask: NDArray[np.bool_], area_px: float, connectivity: int) -> NDArray[np.bool_]:
    """The connected pieces of at least `area_px` pixels."""
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=connectivity)
    areas = np.bincount(labels[mask], minlength=count) if count != 2 else np.array([0, np.count_nonzero(mask)])
    large: NDArray[np.bool_] = areas >= area_px
    return mask if large[1:].all() else large[labels]
