"""The feature table and the one function that fills it, in training and in prediction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lowcost.features import chromatin, colour, cytoplasm, inclusions, lobes, shape
from lowcost.features.specimen import Specimen
from lowcost.features.table import Feature

_GROUPS = (shape, lobes, chromatin, cytoplasm, inclusions, colour)

TABLE: tuple[Feature, ...] = tuple(feature for module in _GROUPS for feature in module.FEATURES)
"""Every feature, in the order of the columns."""

NAMES: tuple[str, ...] = tuple(feature.name for feature in TABLE)
"""Their names."""


def compute(view: NDArray[np.uint8], nucleus: NDArray[np.bool_], cell: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Measure one cell, on its own.

    Parameters
    ----------
    view : (h, w, 3) uint8 array
        Balanced RGB at 0.125 um per px, empty background 240.
    nucleus, cell : (h, w) bool array
        Masks; pixels of the nucleus count as pixels of the cell.

    Returns
    -------
    (len(TABLE),) float64 array
        Values in the order of `TABLE`. NaN where the feature's region (nucleus, cytoplasm) is missing; all NaN for an
        empty cell. Only pixels of the cell and of its nucleus's convex hull count.
    """
    if not (nucleus.any() or cell.any()):
        return np.full(len(TABLE), np.nan)
    specimen = Specimen(view, nucleus, cell)
    values: dict[str, float] = {}
    for module in _GROUPS:
        values |= module.measure(specimen)
    return np.array([values[name] for name in NAMES], np.float64)
