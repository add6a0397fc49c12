"""The committed list of label faults, and the labels as they are after it has been applied.

Every line of ``faults.csv`` names a set, an image, a place in px, a kind and a reason that anyone can see in the
picture. Figures are printed with and without the list, and the list may touch no more than 5 % of the images behind a
figure: beyond that the labels stand as published, faulty or not.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from lowcost.datasets.types import Box, LabelledField
from lowcost.errors import InputError

KINDS = ("missing", "not_a_wbc", "wrong_box")
"""``missing``: a leukocyte without a label; ``not_a_wbc``: labels without a leukocyte; ``wrong_box``: a label far from
the outline of its cell."""

LIMIT = 0.05
"""Largest share of the images behind a figure that the list may touch."""


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
        Where, in px: the unlabelled cell, or a box around the faulty labels.
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


@cache
def committed() -> tuple[Fault, ...]:
    """Return the list in its order, the plainest faults of a set first.

    Raises
    ------
    InputError
        A line has an unknown kind or no reason.
    """
    with resources.files(__package__).joinpath("faults.csv").open(encoding="utf-8") as file:
        return tuple(_fault(row) for row in csv.DictReader(file))


def known(fields: Sequence[LabelledField]) -> tuple[Fault, ...]:
    """Return the faults of these images."""
    names = {(field.dataset, field.name) for field in fields}
    return tuple(fault for fault in committed() if (fault.dataset, fault.image) in names)


def within_limit(fields: Sequence[LabelledField]) -> tuple[Fault, ...]:
    """Return the faults of the first images of the list, as many as `LIMIT` allows for these images."""
    faults = known(fields)
    images = list(dict.fromkeys((fault.dataset, fault.image) for fault in faults))
    allowed = images[: int(LIMIT * len(fields))]
    return tuple(fault for fault in faults if (fault.dataset, fault.image) in allowed)


def truth(field: LabelledField, faults: Sequence[Fault] = ()) -> Truth:
    """Return the labelled leukocytes of a field after some faults have been taken out of the count.

    Parameters
    ----------
    field : LabelledField
        The field with its labels as published.
    faults : sequence of Fault
        Those of other images do not matter. Labels inside a ``not_a_wbc`` place are dropped; ``wrong_box`` labels and
        ``missing`` cells become ignored places.

    Raises
    ------
    InputError
        The list speaks of a label that the field does not have.
    """
    boxes = field.leukocytes()
    ignore: list[Box] = []
    for fault in faults:
        if (fault.dataset, fault.image) != (field.dataset, field.name):
            continue
        if fault.kind != "not_a_wbc":
            ignore.append(fault.box)
        if fault.kind != "missing":
            inside = _inside(boxes, fault.box)
            if not inside.any():
                raise InputError(f"The fault list names {fault.box} of {field.name}, where no leukocyte is labelled.")
            boxes = boxes[~inside]
    return Truth(boxes, np.array(ignore, dtype=np.float64).reshape(-1, 4))


def _inside(boxes: NDArray[np.float64], place: Box) -> NDArray[np.bool_]:
    low = (boxes[:, :2] >= place[:2]).all(axis=1)
    high = (boxes[:, 2:] <= place[2:]).all(axis=1)
    return np.logical_and(low, high)


def _fault(row: dict[str, str]) -> Fault:
    if row["kind"] not in KINDS or not row["reason"].strip():
        raise InputError(f"Label fault of {row['image']}: expected a kind of {', '.join(KINDS)} and a reason.")
    box = (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
    return Fault(row["dataset"], row["image"], row["kind"], box, row["reason"])
