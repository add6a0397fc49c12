"""Dice of nucleus and whole-cell masks, with intervals over images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets.types import LabelledField, Masks
from lowcost.errors import InputError
from lowcost.evaluation.bootstrap import Estimate, interval

Outliner = Callable[[tuple[int, int]], Masks]
"""Returns the nuclei and the whole cells of all leukocytes of an image of this height and width, each as one mask."""


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return twice the shared area over the sum of the areas of two masks, 0-1; 1 where both are empty.

    Dice 1945, doi:10.2307/1932409.

    Raises
    ------
    InputError
        The masks differ in shape.

    Examples
    --------
    >>> dice(np.array([[True, True]]), np.array([[True, False]]))
    0.6666666666666666
    """
    if first.shape != second.shape:
        raise InputError(f"Masks must have the same shape, got {first.shape} and {second.shape}.")
    total = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    return 2 * int(np.count_nonzero(first & second)) / total if total else 1.0


def compare(field: LabelledField, outline: Outliner) -> tuple[float, float]:
    """Return the Dice of nucleus and of whole cell on one field.

    Raises
    ------
    InputError
        The field has no published masks.
    """
    truth = field.masks()
    if truth is None:
        raise InputError(f"{field.name} has no masks to compare with.")
    height, width = truth.cell.shape
    found = outline((height, width))
    return dice(truth.nucleus, found.nucleus), dice(truth.cell, found.cell)


def summarise(rows: Sequence[tuple[float, float]]) -> tuple[Estimate, Estimate]:
    """Return the mean Dice of nucleus and of whole cell over images, from the rows that `compare` gives."""
    values = np.array(rows, dtype=np.float64)
    return interval(_mean, values[:, :1]), interval(_mean, values[:, 1:])


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean())
