"""What the measured morphology of a cell says of its type, beside the network.

The network learns colours and textures of the laboratories that most of its cells came from; shapes and ratios survive
a change of camera better. Every feature becomes a normal score, its rank among the training cells on a bell curve, so
that no outlier weighs; a linear model of the scores says how likely each type of nucleated cell is, and its log-odds
are added to the network's logits. Only the division between these types changes: how sure the network is that an object
is one of them at all stays as it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowcost import features
from lowcost.errors import BundleError

if TYPE_CHECKING:
    from lowcost.bundle import Bundle

SECTION = "morphology"

LOGIT_RANGE = 255
"""Logits of one cell are at most so far apart, as `lowcost.classifier.decide` needs them."""


@dataclass(frozen=True)
class Parameters:
    """Where the model is and what it counts; the bundle's section ``morphology``.

    Attributes
    ----------
    file : str
        The `Model`'s name in the bundle, a JSON file.
    weight : float
        What one unit of log-odds adds, in units of the int8 logits.
    """

    file: str
    weight: float


@dataclass(frozen=True)
class Model:
    """A linear model of normal scores.

    Attributes
    ----------
    features : tuple of str
        What it reads, in the order of the feature table.
    normal : tuple of float
        Normal scores at evenly spaced ranks, ascending.
    levels : tuple of tuple of float
        For each feature its values at these ranks among the training cells.
    classes : tuple of str
        The types that it tells apart.
    bias : tuple of float
        Log-odds of each type where every score is zero.
    weights : tuple of tuple of float
        For each type the log-odds per unit of each score.
    typical : tuple of tuple of float
        For each type the mean score of each feature.
    typical_logits : tuple of tuple of float
        For each type the mean of the network's logits, in the order of the network's classes.
    """

    features: tuple[str, ...]
    normal: tuple[float, ...]
    levels: tuple[tuple[float, ...], ...]
    classes: tuple[str, ...]
    bias: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    typical: tuple[tuple[float, ...], ...]
    typical_logits: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Shift:
    """What a device adds to every cell, as `lowcost.adaptation` measures it.

    Attributes
    ----------
    scores : tuple of float
        To each normal score, in the order of the feature table.
    logits : tuple of int
        To each of the network's logits, in units of the int8 output.
    """

    scores: tuple[float, ...]
    logits: tuple[int, ...]


class Morphology:
    """The model of a bundle, ready for use.

    Parameters
    ----------
    model : Model
        As the bundle holds it.
    parameters : Parameters
        How its log-odds are used.
    classes : sequence of str
        The network's classes in the order of its logits.

    Raises
    ------
    BundleError
        The model does not belong to these features and classes, or its tables do not fit each other.
    """

    def __init__(self, model: Model, parameters: Parameters, classes: Sequence[str]) -> None:
        self.model, self.parameters = model, parameters
        ranks, width, types = len(model.normal), len(model.features), len(model.classes)
        fits = (
            model.features == features.NAMES
            and types >= 2
            and set(model.classes) <= set(classes)
            and (len(model.levels), {len(own) for own in model.levels}) == (width, {ranks})
            and (len(model.weights), {len(own) for own in model.weights}) == (types, {width})
            and (len(model.typical), {len(own) for own in model.typical}) == (types, {width})
            and (len(model.typical_logits), {len(own) for own in model.typical_logits}) == (types, {len(classes)})
            and (len(model.bias), ranks > 1) == (types, True)
        )
        if not fits:
            raise BundleError(
                f"{parameters.file} was made for other features or another network than this bundle has: use a bundle "
                "made in one piece"
            )
        self.rows = [list(classes).index(name) for name in model.classes]
        self._normal, self._levels = np.array(model.normal), np.array(model.levels)
        self._bias, self._weights = np.array(model.bias), np.array(model.weights).T

    @classmethod
    def load(cls, bundle: Bundle, classes: Sequence[str]) -> Morphology | None:
        """Return the model of a bundle, None where it has none."""
        if SECTION not in bundle.parameters:
            return None
        parameters = bundle.section(SECTION, Parameters)
        return cls(bundle.document(parameters.file, Model), parameters, classes)

    def normal_scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the normal scores (n, f) of features (n, f): 0 where one is undefined."""
        return normal_scores(rows, self._levels, self._normal)

    def log_odds(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds (n, k) of the model's types, up to a constant per cell, from normal scores (n, f)."""
        # Sums from the first feature to the last: other functions add in an order that no other language repeats.
        parts: NDArray[np.float64] = scores[:, :, None] * self._weights
        total: NDArray[np.float64] = self._bias + parts.cumsum(axis=1)[:, -1]
        return total

    def apply(
        self,
        logits: Sequence[Sequence[int]],
        rows: NDArray[np.float64],
        table: Sequence[float],
        shift: Shift | None = None,
    ) -> list[list[int]]:
        """Add to the logits of cells what their features say.

        Parameters
        ----------
        logits : sequence of sequence of int
            The network's, -128 ... 127.
        rows : (n, f) float64 array
            Features of the same cells.
        table : sequence of float
            `lowcost.classifier.Parameters.softmax_table`.
        shift : Shift, optional
            What the device adds to every cell: it is taken away first.

        Returns
        -------
        list of list of int
            For each cell at most `LOGIT_RANGE` apart.
        """
        scores = self.normal_scores(rows)
        if shift is not None:
            scores = scores - np.array(shift.scores)
            logits = [[logit - own for logit, own in zip(cell, shift.logits, strict=True)] for cell in logits]
        added = self.log_odds(scores).tolist()
        return [self._joined(list(own), odds, table) for own, odds in zip(logits, added, strict=True)]

    def _joined(self, logits: list[int], odds: Sequence[float], table: Sequence[float]) -> list[int]:
        before = [logits[row] for row in self.rows]
        joined = [
            logit + math.floor(self.parameters.weight * own + 0.5) for logit, own in zip(before, odds, strict=True)
        ]
        shift = max(before) - max(joined) + _difference(_mass(before, table), _mass(joined, table), table)
        for row, value in zip(self.rows, joined, strict=True):
            logits[row] = value + shift
        return in_range(logits)


def in_range(logits: Sequence[int]) -> list[int]:
    """Return the logits of one cell, those raised that lie more than `LOGIT_RANGE` below the greatest."""
    least = max(logits) - LOGIT_RANGE
    return [max(value, least) for value in logits]


def normal_scores(
    rows: NDArray[np.float64], levels: NDArray[np.float64], normal: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where features lie among the training cells, on a bell curve.

    Parameters
    ----------
    rows : (n, f) float64 array
        Features; one that is undefined gets 0, as a usual one does.
    levels : (f, k) float64 array
        Values of each feature at k ranks, ascending.
    normal : (k,) float64 array
        Scores at these ranks; beyond the first and the last level they go no further.

    Returns
    -------
    (n, f) float64 array
        Between levels on a straight line; where several levels are equal, the middle of their scores.
    """
    known = np.isfinite(rows)
    values = np.where(known, rows, 0.0)[:, :, None]
    below, up_to = (levels < values).sum(axis=2), (levels <= values).sum(axis=2)
    last = len(normal) - 1
    low, high = (below - 1).clip(0, last), below.clip(0, last)
    column = np.arange(levels.shape[0])
    start, end = levels[column, low], levels[column, high]
    gap = np.where(end > start, end - start, 1.0)
    between = normal[low] + (normal[high] - normal[low]) * ((values[:, :, 0] - start) / gap)
    at_level = (normal[high] + normal[(up_to - 1).clip(0, last)]) / 2.0
    scores = np.where(up_to > below, at_level, np.where(low == high, normal[low], between))
    return np.where(known, scores, 0.0)


def _mass(logits: Sequence[int], table: Sequence[float]) -> float:
    """Sum of the exponentials of some logits, in units of that of the greatest."""
    top, total = max(logits), 0.0
    for logit in logits:
        total += table[min(top - logit, LOGIT_RANGE)]
    return total


def _difference(wanted: float, found: float, table: Sequence[float]) -> int:
    """By how many units logits must rise so that their mass, `found`, becomes the one that is wanted."""
    small, large = min(wanted, found), max(wanted, found)
    units = 0
    while units < LOGIT_RANGE and large * table[units] > small:
        units += 1
    return units if found < wanted else -units
