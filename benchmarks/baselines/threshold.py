"""Two recipes off the shelf: Otsu's threshold on green, and on scikit-image's haematoxylin channel (``rgb2hed``).

Otsu splits what is stained from the glass, then nuclei from what is stained. The smallest area that counts, as a share
of the picture, and how far a cell reaches beyond its nucleus are chosen on BCCD's train split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import rgb2hed
from skimage.filters import threshold_otsu

from benchmarks.fields import NOTHING, Boxes
from lowcost.datasets.types import LabelledField
from lowcost.evaluation import detection

AREAS, MARGINS = (0.002, 0.005, 0.01, 0.02), (0.0, 0.1, 0.2, 0.3)


class Threshold:
    """One of the recipes.

    Parameters
    ----------
    name : str
        One of `RECIPES`.
    """

    def __init__(self, name: str) -> None:
        self.name, self.budget = name, "two numbers chosen on BCCD train"
        self.area, self.margin = AREAS[1], MARGINS[1]

    def fit(self, pictures: Sequence[LabelledField]) -> Threshold:
        """Choose area and margin by F1 of boxes at an overlap of one half."""
        masks = [(field, self.nuclei(field.pixels())) for field in pictures]

        def f1(chosen: tuple[float, float]) -> float:
            self.area, self.margin = chosen
            counts = [detection.score(field.leukocytes(), self._boxes(mask).boxes, "iou") for field, mask in masks]
            return sum(counts, detection.Counts()).f1

        self.area, self.margin = max(product(AREAS, MARGINS), key=f1)
        return self

    def nuclei(self, pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Return what is darkest among what is stained, as an (h, w) mask without holes and specks."""
        depth = RECIPES[self.name](pixels)
        stained = depth > threshold_otsu(depth)
        if not stained.any() or np.ptp(depth[stained]) == 0:
            return np.zeros(depth.shape, np.bool_)
        mask = (depth > threshold_otsu(depth[stained])).astype(np.uint8)
        round_kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
        mask = cv2.morphologyEx(cv2.morphologyEx(mask, cv2.MORPH_OPEN, round_kernel), cv2.MORPH_CLOSE, round_kernel)
        return np.asarray(mask > 0)

    def find(self, pixels: NDArray[np.uint8]) -> Boxes:
        """Find leukocytes."""
        return self._boxes(self.nuclei(pixels))

    def _boxes(self, mask: NDArray[np.bool_]) -> Boxes:
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
        large = stats[1:][stats[1:, cv2.CC_STAT_AREA] >= self.area * mask.size]
        if count < 2 or not len(large):
            return NOTHING
        x, y, width, height, area = large.T.astype(np.float64)
        wider, higher = self.margin * width, self.margin * height
        low = np.maximum(np.stack([x - wider, y - higher], axis=1), 0.0)
        high = np.minimum(np.stack([x + width + wider, y + height + higher], axis=1), mask.shape[::-1])
        return Boxes(np.concatenate([low, high], axis=1), area)


def _green(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return 255.0 - cv2.GaussianBlur(pixels[..., 1], (0, 0), 1.5).astype(np.float64)


def _haematoxylin(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(rgb2hed(pixels)[..., 0].astype(np.float64), (0, 0), 1.5))


RECIPES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.float64]]] = {
    "Otsu on green": _green,
    "rgb2hed and Otsu": _haematoxylin,
}
