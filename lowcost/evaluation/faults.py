"""The committed list of label faults, and the labels as they are after it has been applied.

Every line of ``faults.csv`` names a set, an image, a box in px, a kind and a reason that anyone can see in the picture.
Figures are always printed with and without the list.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets.types import Box, LabelledField
from lowcost.errors import InputError
from lowcost.evaluation.matching import iou

KINDS = ("missing", "not_a_wbc", "wrong_box", "wrong_class")
"""``missing``: a leukocyte without a box; ``not_a_wbc``: a box without a leukocyte; ``wrong_box``: a box far from the
outline of its cell, or a cell of which the picture shows too little to judge a box; ``wrong_class``: another type."""

_SAME_BOX = 0.9


@dataclass(frozen=True)
class Fault:
    """One fault of the published labels.

    Attributes
    ----------
    dataset, image : str
        The set and the image's file name without its ending.
    kind : str
        A name of `KINDS`.
    box : tuple of float
        The faulty box, or for ``missing`` the place of the unlabelled cell, px.
    reason : str
        What the picture shows.
    """

    dataset: str
    image: str
    kind: str
    box: Box
    reason: str


@dataclass(frozen=True)
class Truth:
    """The labelled leukocytes of one field.

    Attributes
    ----------
    boxes : (n, 4) float array
        The leukocytes that must be found.
    ignore : (k, 4) float array
        Places that count neither for nor against.
    """

    boxes: NDArray[np.float64]
    ignore: NDArray[np.float64]


def as_published(field: LabelledField) -> Truth:
    """Return the labels as they are."""
    return Truth(field.leukocytes(), np.zeros((0, 4)))


def corrected(field: LabelledField) -> Truth:
    """Return the labels after the list: boxes without a leukocyte are dropped, the other faults are ignored places.

    Raises
    ------
    InputError
        The list names a box that the field does not have.
    """
    boxes = field.leukocytes()
    ignore: list[Box] = []
    for fault in by_image().get((field.dataset, field.name), ()):
        if fault.kind == "missing":
            ignore.append(fault.box)
            continue
        same = iou(boxes, np.array([fault.box]))[:, 0] >= _SAME_BOX
        if not same.any():
            raise InputError(f"The fault list names the box {fault.box} of {field.name}, which has no such label.")
        if fault.kind != "wrong_class":
            boxes = boxes[~same]
        if fault.kind == "wrong_box":
            ignore.append(fault.box)
    return Truth(boxes, np.array(ignore, dtype=np.float64).reshape(-1, 4))


@cache
def by_image() -> dict[tuple[str, str], tuple[Fault, ...]]:
    """Return the committed list by set and image.

    Raises
    ------
    InputError
        A line has an unknown kind or no reason.
    """
    found: defaultdict[tuple[str, str], list[Fault]] = defaultdict(list)
    with resources.files(__package__).joinpath("faults.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["kind"] not in KINDS or not row["reason"].strip():
                raise InputError(
                    f"Label fault of {row['image']}: a kind of {', '.join(KINDS)} and a reason are needed."
                )
            box = (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
            found[row["dataset"], row["image"]].append(
                Fault(row["dataset"], row["image"], row["kind"], box, row["reason"])
            )
    return {key: tuple(faults) for key, faults in found.items()}
