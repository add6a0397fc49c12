"""lowcost itself, whole and in parts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from benchmarks.cells import Opinion
from lowcost import adaptation
from lowcost.attributes import AttributeHeads
from lowcost.bundle import Bundle
from lowcost.classifier import Classifier, Parameters, Seen, decide
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.errors import BundleError
from lowcost.result import AttributeValue
from lowcost.taxonomy import ATTRIBUTES
from lowcost.training.morphology import Table
from lowcost.training.views import CLASSES

PARTS = ("both", "both, with a profile", "network alone", "features alone")
"""The int8 network and the linear model of the features; the profile is measured on the tested cells without labels."""


class Ours:
    """A bundle, or a part of it.

    Parameters
    ----------
    bundle : Bundle
        The models.
    part : str
        One of `PARTS`.
    learnt : str
        What tells the bundle from others, in a word.

    Raises
    ------
    BundleError
        The bundle has no model of the features.
    """

    def __init__(self, bundle: Bundle, part: str, learnt: str) -> None:
        self.name = f"lowcost ({learnt}): {part}"
        self.budget = "as the model card says" + ("" if learnt == "shipped" else ", without Raabin and BCCD")
        self.part, self.classifier = part, Classifier.load(bundle)
        # Heads read what their own network sees: those of a bundle with another network tell nothing.
        self._heads = AttributeHeads.load(bundle) if part == "both" and learnt == "shipped" else None
        if self.classifier.morphology is None:
            raise BundleError(f"{bundle.name} has no model of the features to be measured alone")
        self._morphology = self.classifier.morphology

    @property
    def parameters(self) -> Parameters:
        """How the classifier decides."""
        return self.classifier.parameters

    def predict(self, table: Table) -> Opinion:
        """Name the cells of one set."""
        rows = table.rows[:, 0]
        seen = self.classifier.network(table.crops)
        if self.part == "features alone":
            odds = self._morphology.log_odds(self._morphology.normal_scores(rows))
            return Opinion.of_scores(odds, self._morphology.model.classes)
        probabilities = self._decided(self._logits(seen, rows))
        if self._heads is None:
            return Opinion(probabilities)
        told = self._heads.predict(rows, seen.embedding, [True] * len(rows))
        return Opinion(probabilities, np.array([[_number(own, name) for name in ATTRIBUTE_NAMES] for own in told]))

    def _logits(self, seen: Seen, rows: NDArray[np.float64]) -> list[list[int]]:
        settings = self.parameters
        if self.part == "network alone":
            return [list(own) for own in seen.logits.tolist()]
        shift = None
        if self.part == "both, with a profile":
            shift = adaptation.shift(self._morphology, rows, seen.logits, settings.logit_scale / settings.temperature)
        return self._morphology.apply(seen.logits.tolist(), rows, settings.softmax_table, shift)

    def _decided(self, logits: list[list[int]]) -> NDArray[np.float64]:
        each = [decide(own, self.parameters).probabilities for own in logits]
        return np.array([[row.get(name, 0.0) for name in CLASSES] for row in each])


def _number(told: Mapping[str, AttributeValue], name: str) -> int:
    """Number of an attribute's value; -1 where it was not assessable."""
    value = told[name].value
    return ATTRIBUTES[name].values.index(value) if value in ATTRIBUTES[name].values else -1
