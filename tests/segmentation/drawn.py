"""Drawn cells in their views: discs of nuclei, cytoplasm and red cells, in optical density."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Disc = tuple[float, float, float]

UM_PER_PX = 0.125
SIZE = 256
RED_CELL, CYTOPLASM, CHROMATIN = (70, 230, 170), (230, 270, 60), (480, 900, 150)


def disc(x: float, y: float, radius: float, size: int = SIZE, um_per_px: float = UM_PER_PX) -> Mask:
    """A disc by centre and radius, um, from the middle of a view."""
    rows, columns = (np.mgrid[:size, :size] + 0.5 - size / 2) * um_per_px
    mask: Mask = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    return mask


def noisy(density: NDArray[np.int16], seed: int) -> NDArray[np.int16]:
    noise = np.random.default_rng(seed).normal(0, 8, density.shape)
    return np.maximum(density + noise, 0).astype(np.int16)


class View:
    """A leukocyte among red cells, and perhaps neighbours."""

    def __init__(self, cell: Disc, nucleus: Disc, red_cells: list[Disc], neighbours: list[tuple[Disc, Disc]]) -> None:
        self.density = np.zeros((SIZE, SIZE, 3), np.int16)
        for red_cell in red_cells:
            self.density[disc(*red_cell)] = RED_CELL
        self.others = np.zeros((SIZE, SIZE), bool)
        for other, other_nucleus in neighbours:
            self.density[disc(*other)] = CYTOPLASM
            self.density[disc(*other_nucleus)] = CHROMATIN
            self.others |= disc(*other_nucleus)
        self.cell, self.nucleus = disc(*cell), disc(*nucleus)
        self.density[self.cell] = CYTOPLASM
        self.density[self.nucleus] = CHROMATIN
        self.density = noisy(self.density, 2)
        self.chromatin = np.maximum(self.density[..., 1] - self.density[..., 2], 0)


VIEWS = {
    "in the middle": View((0, 0, 6.5), (0, 0, 4.0), [], []),
    "small": View((0, 0, 4.6), (0.2, 0, 4.0), [], []),
    "large": View((0, 0, 9.0), (1.0, -0.5, 4.5), [], []),
    "its nucleus at one side": View((1.5, -1.0, 6.5), (-0.5, 0.5, 3.8), [], []),
    "among red cells": View((0, 0, 6.5), (0, 0, 4.0), [(10.6, 0, 3.6), (-7.3, 7.3, 3.6), (0, -10.5, 3.6)], []),
    "beside another": View((0, 0, 6.0), (0, 0, 4.2), [], [((12.5, 0, 6.0), (12.5, 0, 4.2))]),
    "touching another": View((0, 0, 6.0), (0, 0, 4.2), [], [((11.6, 2.5, 6.0), (11.6, 2.5, 4.2))]),
}


def dice(one: Mask, other: Mask) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))
