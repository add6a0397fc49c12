"""The labelled fields that detectors are tested on, and what it takes to be one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets import bccd, deepbionet_dev, lld_dev, raabin_dev
from lowcost.datasets.types import LabelledField

UM_PER_PX = {"bccd": 0.0693, "raabin_dev": 0.0522}
"""From the labelled red cells: those of BCCD that the edge does not cut are 104 px across (median), which is 7.2 um."""


@dataclass(frozen=True)
class Boxes:
    """What a detector finds on one field.

    Attributes
    ----------
    boxes : (n, 4) float64 array
        ``x0, y0, x1, y1`` in px.
    scores : (n,) float64 array
        How sure it is of each; ranks them for the average precision.
    rejected : bool
        The detector declines the field.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    rejected: bool = False


class Detector(Protocol):
    """Finds leukocytes.

    Attributes
    ----------
    name, budget : str
        Which, and what its training was given.
    """

    name: str
    budget: str

    def find(self, pixels: NDArray[np.uint8]) -> Boxes:
        """Return the leukocytes of an (h, w, 3) uint8 RGB photograph."""
        ...


NOTHING = Boxes(np.zeros((0, 4)), np.zeros(0))


def sets(data: Path) -> dict[str, list[LabelledField]]:
    """Return the fields of each set: BCCD's published test split, and all of the others."""
    return {
        "bccd": split(data, "test"),
        "raabin_dev": raabin_dev.fields(data),
        "deepbionet_dev": deepbionet_dev.fields(data),
        "lld_dev": lld_dev.fields(data),
    }


def split(data: Path, name: str) -> list[LabelledField]:
    """Return the fields of one published split of BCCD."""
    return [field for field in bccd.fields(data) if field.split == name]


def at_edge(boxes: NDArray[np.float64], shape: Sequence[int], margin: float = 2.0) -> NDArray[np.bool_]:
    """Return which of (n, 4) boxes the edge of a picture of `shape` cuts, as an (n,) array."""
    low = (boxes[:, :2] <= margin).any(axis=1)
    high = (boxes[:, 2:] >= np.array([shape[1], shape[0]]) - margin).any(axis=1)
    return np.asarray(low | high)
