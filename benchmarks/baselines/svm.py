"""A support-vector machine on 51 features in the manner of Tavakoli et al. 2021, doi:10.1038/s41598-021-98599-0.

Three of the nucleus's shape, and of each of 12 colour channels four of nucleus, its convex hull and what lies between.
The nucleus is what Otsu's threshold on green finds in the middle of the crop. Written from the paper, not their code.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.cells import Opinion
from lowcost.datasets.pbc import ATTRIBUTE_NAMES
from lowcost.training.morphology import Table
from lowcost.training.views import CLASSES, EDGE, Views

_SPACES = (None, cv2.COLOR_RGB2HSV, cv2.COLOR_RGB2LAB, cv2.COLOR_RGB2YCrCb)
LENGTH = 3 + 4 * 3 * len(_SPACES)


class Tavakoli:
    """Radial kernel, probabilities after Platt; one machine for the type and one for each attribute."""

    name = "SVM, 51 features"
    budget = "all training crops; C and kernel as scikit-learn has them"

    def fit(self, data: Views) -> None:
        """Fit on the training crops; of a label that allows several types the first stands for it."""
        learning = data.where(data.part == "train")
        margin = (EDGE - 96) // 2
        rows = np.stack([features(view[margin:-margin, margin:-margin]) for view in learning.images])
        self.machine = _machine(True).fit(rows, learning.allowed.argmax(axis=1))
        self.attributes = []
        for column in range(len(ATTRIBUTE_NAMES)):
            values = learning.attributes[:, column]
            self.attributes.append(_machine(False).fit(rows[values >= 0], values[values >= 0]))

    def predict(self, table: Table) -> Opinion:
        """Name crops."""
        rows = np.stack([features(crop) for crop in table.crops])
        probabilities = np.zeros((len(rows), len(CLASSES)))
        probabilities[:, self.machine.classes_] = self.machine.predict_proba(rows)
        told = [machine.predict(rows).astype(np.int64) for machine in self.attributes]
        return Opinion(probabilities, np.stack(told, axis=1))


def features(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the 51 features of a (96, 96, 3) uint8 RGB crop; zeros where there is no nucleus."""
    nucleus, hull = nucleus_and_hull(crop)
    if nucleus is None or hull is None:
        return np.zeros(LENGTH)
    outside = hull & ~nucleus
    area, filled = float(nucleus.sum()), float(hull.sum())
    outline, _ = cv2.findContours(nucleus.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    length = sum(cv2.arcLength(part, True) for part in outline)
    around = cv2.arcLength(cv2.convexHull(np.concatenate(outline)), True)
    shape = [area / filled, around / max(length, 1.0), 4 * np.pi * area / max(length, 1.0) ** 2]
    colour = []
    for space in _SPACES:
        image = (crop if space is None else cv2.cvtColor(crop, space)).astype(np.float64)
        inside, between, whole = image[nucleus], image[outside] if outside.any() else image[hull], image[hull]
        mean = whole.mean(axis=0) + 1.0
        colour += [inside.mean(axis=0) / mean, between.mean(axis=0) / mean, inside.std(axis=0), between.std(axis=0)]
    return np.concatenate([shape, *colour])


def nucleus_and_hull(crop: NDArray[np.uint8]) -> tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]:
    """Return what Otsu finds dark in green, parts that reach the middle half of the crop, and its convex hull."""
    green = cv2.GaussianBlur(crop[..., 1], (0, 0), 1.0)
    _, dark = cv2.threshold(green, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    count, labels = cv2.connectedComponents(np.asarray(dark, np.uint8))
    edge = len(crop) // 4
    kept = set(np.unique(labels[edge:-edge, edge:-edge]).tolist()) - {0}
    nucleus = np.isin(labels, [part for part in kept if (labels == part).sum() >= 30])
    if count < 2 or not nucleus.any():
        return None, None
    points = np.argwhere(nucleus)[:, ::-1].astype(np.int32)
    hull = np.zeros(nucleus.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return nucleus, hull > 0


def _machine(probability: bool) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    return CalibratedClassifierCV(machine, cv=3, ensemble=False) if probability else machine
