"""Cells outside annotated patches as labels, with a confidence that fully annotated fields have checked.

Sparse sets label every cell of one patch of a field and say nothing about the rest. What is found there is unknown,
never negative; it becomes a label only where a model names it with a confidence at which, on fields where every cell
is labelled, few enough of its names are wrong (pseudo-labels, Lee 2013; the bound is that of `lowcost.training.gate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from lowcost import crop, features
from lowcost.bundle import Bundle
from lowcost.cells import CellFinder
from lowcost.classifier import Classifier
from lowcost.datasets.types import LEUKOCYTES, Box, LabelledBox, LabelledField
from lowcost.evaluation.matching import as_boxes, contains_centre, match
from lowcost.result import Scale
from lowcost.taxonomy import UNIDENTIFIED
from lowcost.training.gate import CONFIDENCE, upper_bound

LIMITS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""The confidences that are tried."""

LABEL = "self-trained"
"""The label of a cell that a model named."""


@dataclass(frozen=True)
class Told:
    """One found cell and what a model takes it for.

    Attributes
    ----------
    box : tuple of float
        Where, in px.
    type : str
        What it was named.
    confidence : float
        Probability of that type.
    whole : bool
        Whether no edge of the image cuts it.
    """

    box: Box
    type: str
    confidence: float
    whole: bool


@dataclass(frozen=True)
class Checked:
    """How far a model's confidence can be trusted.

    Attributes
    ----------
    limit : float or None
        The smallest confidence at which few enough names are wrong; None where there is none.
    risk : float
        Upper bound of the wrong ones at that limit, or the least that any limit reaches.
    cells : int
        Cells of fully annotated fields that were compared at that limit.
    """

    limit: float | None
    risk: float
    cells: int


class Teacher:
    """The model that names cells: the finder and the network of a bundle.

    Parameters
    ----------
    bundle : Bundle
        Not to be trained on the fields that check its confidence.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._finder, self._classifier = CellFinder(bundle), Classifier.load(bundle)

    def tell(self, field: LabelledField) -> list[Told]:
        """Return the found cells of a field that have a name."""
        scale = None if field.um_per_px is None else Scale(field.um_per_px, field.um_per_px, "given", 1.0)
        optics = self._finder.optics(field.pixels(), scale)
        views = self._finder.find(optics).views if optics.quality.verdict != "rejected" else []
        if not views:
            return []
        rows = np.stack([features.compute(view.pixels, view.nucleus, view.cell) for view in views])
        seen = self._classifier.network(np.stack([crop.network_input(view.pixels) for view in views]))
        said = self._classifier.predict(seen, rows)
        return [
            Told(_floats(view.box), one.type, one.probability, not view.touches_edge)
            for view, one in zip(views, said, strict=True)
            if one.type != UNIDENTIFIED
        ]


def check(fields: Sequence[LabelledField], told: Sequence[Sequence[Told]], risk: float) -> Checked:
    """Return the smallest confidence at which, with 95 % confidence, at most a share of the names is wrong.

    Parameters
    ----------
    fields : sequence of LabelledField
        Those that are annotated in part are passed over.
    told : sequence of sequence of Told
        What was found on each of them.
    risk : float
        Largest share of wrong names. A name is wrong where the label does not allow it, or where a leukocyte is named
        and none is labelled.
    """
    pairs = [
        pair
        for field, own in zip(fields, told, strict=True)
        if field.annotated is None
        for pair in _compared(field, own)
    ]
    confidence = 1.0 - (1.0 - CONFIDENCE) / len(LIMITS)
    bounds = []
    for limit in LIMITS:
        right = [good for sure, good in pairs if sure >= limit]
        bounds.append((upper_bound(right.count(False), len(right), confidence), len(right)))
    passing = [index for index, (bound, _) in enumerate(bounds) if bound <= risk]
    index = passing[0] if passing else min(range(len(bounds)), key=lambda i: bounds[i][0])
    return Checked(LIMITS[index] if passing else None, *bounds[index])


def complete(field: LabelledField, told: Sequence[Told], limit: float) -> LabelledField:
    """Return a field annotated in part with confident cells outside its patch as further labels.

    Parameters
    ----------
    field : LabelledField
        Fully annotated ones come back as they are.
    told : sequence of Told
        What was found on it.
    limit : float
        From `check`.

    Notes
    -----
    Nothing is added inside the patch, where what is not labelled is known to be none; nor where a label reaches out of
    it; nor are cells that the image cuts. What is left out stays unknown.
    """
    if field.annotated is None:
        return field
    sure = [one for one in told if one.confidence >= limit and one.whole]
    boxes = as_boxes([one.box for one in sure])
    labelled = as_boxes([box.box for box in field.boxes])
    outside = ~field.known(boxes) & ~contains_centre(labelled, boxes).any(axis=0)
    added = [LabelledBox(one.box, LABEL, frozenset({one.type})) for one, out in zip(sure, outside, strict=True) if out]
    return replace(field, boxes=(*field.boxes, *added))


def run(fields: Sequence[LabelledField], bundle: Bundle, risk: float) -> tuple[list[LabelledField], Checked]:
    """Complete fields annotated in part, as far as fully annotated ones bear out the bundle's confidence.

    Returns
    -------
    fields : list of LabelledField
        In their order; unchanged where no confidence is enough.
    checked : Checked
        What the check found.
    """
    teacher = Teacher(bundle)
    told = [teacher.tell(field) for field in tqdm(fields, desc="self-training", unit="field", disable=None)]
    checked = check(fields, told, risk)
    if checked.limit is None:
        return list(fields), checked
    return [complete(field, own, checked.limit) for field, own in zip(fields, told, strict=True)], checked


def _compared(field: LabelledField, told: Sequence[Told]) -> list[tuple[float, bool]]:
    """Confidence of each found cell, and whether the label bears it out; a label without a type decides nothing."""
    labels = [box for box in field.boxes if box.types]
    found = match([box.box for box in labels], [one.box for one in told], "centre")
    owner = {j: labels[i].types for i, j in found.pairs}
    compared = []
    for j, one in enumerate(told):
        types = owner.get(j)
        if types == LEUKOCYTES and one.type in LEUKOCYTES:
            continue
        compared.append((one.confidence, one.type in types if types else one.type not in LEUKOCYTES))
    return compared


def _floats(box: tuple[int, int, int, int]) -> Box:
    x0, y0, x1, y1 = box
    return float(x0), float(y0), float(x1), float(y1)
