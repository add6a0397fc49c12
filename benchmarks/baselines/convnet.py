"""Usual convolutional networks, trained from scratch on the batches that the product's own network is trained on.

Crops, levelling of the stain, augmentation, sampling, loss and the attributes learnt beside the types are those of
`lowcost.training.cell_type`; the architecture alone differs. The learning rate follows the share of the budget that is
spent, so that a training ends well whatever it was given.
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch.nn.functional import interpolate, log_softmax

from benchmarks.cells import Opinion
from lowcost.bundle import Bundle
from lowcost.crop import UM_PER_PX
from lowcost.strength import Strength
from lowcost.training.cell_type import VALUES, Batches, Settings, levelled, normalised
from lowcost.training.morphology import Table
from lowcost.training.views import CLASSES, Views

RATE, WARM_UP = 2e-3, 0.05


class Convnet:
    """An architecture of torchvision.

    Parameters
    ----------
    architecture : str
        Its name in `torchvision.models`.
    minutes : float
        Processor time of its training, all cores together.
    px : int
        Edge to which crops of 96 px are resized.
    """

    def __init__(self, architecture: str, minutes: float, px: int) -> None:
        self.name, self.minutes, self.px = architecture, minutes, px
        self.strength = Strength.load(Bundle.load(), UM_PER_PX)
        torch.manual_seed(Settings().seed)
        self.module = getattr(torchvision.models, architecture)(num_classes=len(CLASSES) + sum(VALUES))
        self.budget = f"{minutes:g} processor minutes, {px} px"

    def fit(self, data: Views) -> None:
        """Train for as long as the budget lasts."""
        settings, budget = Settings(), 60.0 * self.minutes
        batches = Batches(data.where(data.part == "train"), settings, self.strength)
        classes = np.flatnonzero(data.allowed[data.part == "train"].any(axis=0))
        optimiser = torch.optim.AdamW(self.module.parameters(), lr=RATE, weight_decay=0.01)
        self.module.train()
        start, spent, steps = time.process_time(), 0.0, 0
        while spent < budget:
            share = spent / budget
            rate = RATE * min(1.0, share / WARM_UP + 0.02) * 0.5 * (1.0 + math.cos(math.pi * share))
            for group in optimiser.param_groups:
                group["lr"] = rate
            pixels, (allowed, attributes) = batches[steps]
            loss = _loss(self._scores(pixels), classes, torch.from_numpy(allowed), torch.from_numpy(attributes))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
            optimiser.step()
            spent, steps = time.process_time() - start, steps + 1
        self.module.eval()
        seen = steps * settings.batch / len(batches.chance)
        self.budget += f", {seen:.0f} epochs of {len(batches.chance)} views, batches of {settings.batch}"

    def predict(self, table: Table) -> Opinion:
        """Name crops."""
        crops = normalised(levelled(table.crops, self.strength))
        with torch.inference_mode():
            parts = [self._scores(crops[i : i + 256]) for i in range(0, len(crops), 256)]
        scores = torch.cat(parts)
        numbers, first = [], len(CLASSES)
        for count in VALUES:
            numbers.append(scores[:, first : first + count].argmax(dim=1).numpy())
            first += count
        probabilities = torch.softmax(scores[:, : len(CLASSES)].double(), dim=1).numpy()
        return Opinion(probabilities, np.stack(numbers, axis=1))

    def _scores(self, pixels: NDArray[np.float32]) -> torch.Tensor:
        images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        if self.px != images.shape[-1]:
            images = interpolate(images, size=(self.px, self.px), mode="area")
        return self.module(images)


def _loss(
    scores: torch.Tensor, classes: NDArray[np.int64], allowed: torch.Tensor, attributes: torch.Tensor
) -> torch.Tensor:
    """The loss of `lowcost.training.cell_type`: coarse labels allow several types, unlabelled attributes count 0."""
    settings = Settings()
    log_probability = log_softmax(scores[:, : len(CLASSES)], dim=1)
    wanted = torch.logsumexp(log_probability[:, classes] + (allowed - 1.0) * 1e4, dim=1)
    total = -(1.0 - settings.smoothing) * wanted - settings.smoothing * log_probability.mean(dim=1)
    first = 0
    for count in VALUES:
        logits = scores[:, len(CLASSES) + first : len(CLASSES) + first + count]
        wanted_value = attributes[:, first : first + count]
        total = total - settings.attributes * (wanted_value * log_softmax(logits, dim=1)).sum(dim=1)
        first += count
    return total.mean()
