"""Precision, recall and F1 of found leukocytes, with intervals over images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lowcost.datasets.types import LEUKOCYTES, LabelledField
from lowcost.errors import InputError
from lowcost.evaluation.bootstrap import Estimate, interval
from lowcost.evaluation.faults import Truth
from lowcost.evaluation.matching import CRITERIA, match
from lowcost.result import Cell

Finder = Callable[[LabelledField], ArrayLike]
"""Returns the (m, 4) boxes of the leukocytes that it finds on a field."""


@dataclass(frozen=True)
class Counts:
    """Found, missed and spurious boxes of one image or of several."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.true_positive + other.true_positive,
            self.false_positive + other.false_positive,
            self.false_negative + other.false_negative,
        )

    @property
    def precision(self) -> float:
        """Share of found boxes that are right; 1 where nothing was found."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of labelled boxes that were found; 1 where nothing is labelled."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)


@dataclass(frozen=True)
class Score:
    """Detection on one set under one criterion.

    Attributes
    ----------
    criterion : str
        A name of `matching.CRITERIA`.
    images : int
        Number of images.
    counts : Counts
        Over all images.
    f1 : Estimate
        F1 with its interval over images.
    """

    criterion: str
    images: int
    counts: Counts
    f1: Estimate

    def __str__(self) -> str:
        total = self.counts
        return (
            f"{self.criterion:6} F1 {self.f1}  precision {total.precision:.3f}  recall {total.recall:.3f}  "
            f"found {total.true_positive}, missed {total.false_negative}, spurious {total.false_positive} "
            f"on {self.images} images"
        )


def score(truth: ArrayLike, found: ArrayLike, criterion: str, ignore: ArrayLike = ()) -> Counts:
    """Count found, missed and spurious boxes of one image; the arguments are those of `matching.match`."""
    matching = match(truth, found, criterion, ignore)
    return Counts(len(matching.pairs), len(matching.spurious), len(matching.missed))


def typed_pairs(field: LabelledField, cells: Sequence[Cell]) -> list[tuple[frozenset[str], Cell]]:
    """Return the types that the label allows and the cell, for every typed leukocyte that was found."""
    typed = [box for box in field.boxes if box.is_leukocyte and box.types != LEUKOCYTES]
    leukocytes = [cell for cell in cells if cell.is_leukocyte]
    pairs = match([box.box for box in typed], [cell.box for cell in leukocytes], "centre").pairs
    return [(typed[i].types, leukocytes[j]) for i, j in pairs]


def find_all(fields: Iterable[LabelledField], find: Finder) -> list[NDArray[np.float64]]:
    """Return the boxes found on every field, so that they can be scored in several ways."""
    return [np.asarray(find(field), dtype=np.float64).reshape(-1, 4) for field in fields]


def evaluate(
    truths: Sequence[Truth], found: Sequence[ArrayLike], criteria: Sequence[str] = CRITERIA
) -> dict[str, Score]:
    """Score the boxes found on a set of images.

    Parameters
    ----------
    truths : sequence of Truth
        The labels of every image, from `faults.truth`.
    found : sequence of (m, 4) array_like
        The boxes found on every image, in the same order.
    criteria : sequence of str
        Names of `matching.CRITERIA`.

    Returns
    -------
    dict of str to Score
        By criterion.

    Raises
    ------
    InputError
        The sequences differ in length or are empty.
    """
    if not truths or len(truths) != len(found):
        raise InputError(f"Expected the boxes of as many images as are labelled, got {len(found)} and {len(truths)}.")
    return {criterion: _evaluate(truths, found, criterion) for criterion in criteria}


def _evaluate(truths: Sequence[Truth], found: Sequence[ArrayLike], criterion: str) -> Score:
    counts = [score(truth.boxes, boxes, criterion, truth.ignore) for truth, boxes in zip(truths, found, strict=True)]
    rows = [(count.true_positive, count.false_positive, count.false_negative) for count in counts]
    return Score(criterion, len(counts), sum(counts, Counts()), interval(_f1, rows))


def _f1(rows: NDArray[np.float64]) -> float:
    right, spurious, missed = rows.sum(axis=0)
    return _ratio(2 * right, 2 * right + spurious + missed)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else 1.0
