"""What the measured morphology of a cell says of its type, beside the network.

The network learns colours and textures of the laboratories that most of its cells came from; shapes and ratios survive
a change of camera better. Gradient-boosted trees on the feature table score the types of nucleated cells, and the
scores are added to the network's logits. Only the division between these types changes: how sure the network is that
an object is one of them at all stays as it was.
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
from lowcost.trees import read

if TYPE_CHECKING:
    from lowcost.bundle import Bundle

SECTION = "morphology"

_RANGE = 255


@dataclass(frozen=True)
class Parameters:
    """How trees and network are put together; the bundle's section ``morphology``.

    Attributes
    ----------
    file : str
        The LightGBM text model's name in the bundle.
    classes : tuple of str
        The types that it scores, in the order of its scores.
    weight : float
        What one unit of a score adds, in units of the int8 logits.
    """

    file: str
    classes: tuple[str, ...]
    weight: float


class Morphology:
    """The trees of a bundle.

    Parameters
    ----------
    model : str
        LightGBM text model.
    parameters : Parameters
        How its scores are used.
    classes : sequence of str
        The network's classes in the order of its logits.

    Raises
    ------
    BundleError
        The model is damaged, or does not belong to these features and classes.
    """

    def __init__(self, model: str, parameters: Parameters, classes: Sequence[str]) -> None:
        self._trees = read(model, parameters.file)
        self.parameters = parameters
        known = self._trees.values == len(parameters.classes) >= 2
        if not known or self._trees.names != features.NAMES or set(parameters.classes) - set(classes):
            raise BundleError(
                f"{parameters.file} was made for other features or another network than this bundle has: use a bundle "
                "made in one piece"
            )
        self._rows = [list(classes).index(name) for name in parameters.classes]

    @classmethod
    def load(cls, bundle: Bundle, classes: Sequence[str]) -> Morphology | None:
        """Return the trees of a bundle, None where it has none."""
        if SECTION not in bundle.parameters:
            return None
        parameters = bundle.section(SECTION, Parameters)
        return cls(bundle.file(parameters.file).decode(errors="replace"), parameters, classes)

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the raw scores (n, k) of cells, from their features (n, f): log-odds up to a constant per cell."""
        return self._trees.scores(rows)

    def apply(
        self, logits: Sequence[Sequence[int]], rows: NDArray[np.float64], table: Sequence[float]
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

        Returns
        -------
        list of list of int
            For each cell at most 255 apart, as `lowcost.classifier.decide` needs them.
        """
        scores = self.scores(rows).tolist()
        return [self._joined(list(own), score, table) for own, score in zip(logits, scores, strict=True)]

    def _joined(self, logits: list[int], scores: Sequence[float], table: Sequence[float]) -> list[int]:
        before = [logits[row] for row in self._rows]
        joined = [
            logit + math.floor(self.parameters.weight * score + 0.5)
            for logit, score in zip(before, scores, strict=True)
        ]
        shift = max(before) - max(joined) + _difference(_mass(before, table), _mass(joined, table), table)
        for row, value in zip(self._rows, joined, strict=True):
            logits[row] = value + shift
        least = max(logits) - _RANGE
        return [max(value, least) for value in logits]


def _mass(logits: Sequence[int], table: Sequence[float]) -> float:
    """Sum of the exponentials of some logits, in units of that of the greatest."""
    top, total = max(logits), 0.0
    for logit in logits:
        total += table[min(top - logit, _RANGE)]
    return total


def _difference(wanted: float, found: float, table: Sequence[float]) -> int:
    """By how many units logits must rise so that their mass, `found`, becomes the one that is wanted."""
    small, large = min(wanted, found), max(wanted, found)
    units = 0
    while units < _RANGE and large * table[units] > small:
        units += 1
    return units if found < wanted else -units
