"""A small U-Net (Ronneberger et al. 2015, doi:10.1007/978-3-319-24574-4_28) trained on the masks of BCCD's train split.

It sees pictures brought to one scale, 0.25 um/px, which spares it what the product has to measure.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks import fields
from lowcost.datasets.types import LabelledField, Masks

UM_PER_PX, WIDTH, BATCH, SEED, RATE = 0.25, 16, 8, 7, 2e-3


class Unet(nn.Module):
    """Three scales, two convolutions each; 0.48 million parameters.

    Gives the scores of surroundings, cytoplasm and nucleus for each px.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = [WIDTH, 2 * WIDTH, 4 * WIDTH, 8 * WIDTH]
        self.down = nn.ModuleList(_pair(i, o) for i, o in zip([3, *widths], widths, strict=False))
        self.widen = nn.ModuleList(nn.ConvTranspose2d(2 * o, o, 2, stride=2) for o in reversed(widths[:-1]))
        self.up = nn.ModuleList(_pair(2 * o, o) for o in reversed(widths[:-1]))
        self.last = nn.Conv2d(WIDTH, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Score an (n, 3, h, w) batch whose sides are multiples of 8."""
        kept = []
        for number, block in enumerate(self.down):
            x = block(nn.functional.max_pool2d(x, 2) if number else x)
            kept.append(x)
        kept.pop()
        for widen, block in zip(self.widen, self.up, strict=True):
            x = block(torch.cat([kept.pop(), widen(x)], dim=1))
        return self.last(x)


def train(data: Path, work: Path, minutes: float) -> tuple[Unet, str]:
    """Return the trained network and what it was given; weights that are there are taken.

    Parameters
    ----------
    data, work : Path
        Folder of the sets; where weights are kept.
    minutes : float
        Processor time, all cores together.
    """
    weights, note = work / "unet.pt", work / "unet.txt"
    torch.manual_seed(SEED)
    network = Unet()
    if not weights.exists():
        pictures, targets = _learnt(fields.split(data, "train"))
        random, budget = np.random.default_rng(SEED), 60.0 * minutes
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
        start, spent, steps = time.process_time(), 0.0, 0
        while spent < budget:
            for group in optimiser.param_groups:
                group["lr"] = (
                    RATE * min(1.0, 20 * spent / budget + 0.02) * 0.5 * (1 + math.cos(math.pi * spent / budget))
                )
            chosen = random.choice(len(pictures), BATCH, replace=False)
            flip = tuple(axis for axis in (1, 2) if random.random() < 0.5)
            shown = np.flip(pictures[chosen], flip) * random.uniform(0.8, 1.2, 3) + random.uniform(-0.1, 0.1, 3)
            wanted = torch.from_numpy(np.flip(targets[chosen], flip).astype(np.int64))
            loss = nn.functional.cross_entropy(network(_batch(shown)), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            spent, steps = time.process_time() - start, steps + 1
        torch.save(network.state_dict(), weights)
        note.write_text(f"BCCD train, {len(pictures)} fields with masks, {steps * BATCH / len(pictures):.0f} epochs at "
                        f"{UM_PER_PX} um/px, {minutes:g} processor minutes", encoding="utf-8")  # fmt: skip
    network.load_state_dict(torch.load(weights))
    return network.eval(), note.read_text(encoding="utf-8")


def segment(network: Unet, pixels: NDArray[np.uint8], um_per_px: float) -> Masks:
    """Return nuclei and whole cells of an (h, w, 3) uint8 RGB photograph."""
    height, width = pixels.shape[:2]
    small = _resized(pixels, um_per_px)
    rows, columns = small.shape[:2]
    padded = cv2.copyMakeBorder(small, 0, -rows % 8, 0, -columns % 8, cv2.BORDER_REFLECT_101)
    with torch.inference_mode():
        scores = network(_batch(_normalised(padded)[None]))[0].numpy()
    scores = cv2.resize(scores[:, :rows, :columns].transpose(1, 2, 0), (width, height), interpolation=cv2.INTER_LINEAR)
    best = scores.argmax(axis=2)
    return Masks(nucleus=best == 2, cell=best >= 1)


def _learnt(pictures: list[LabelledField]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    shown, wanted = [], []
    for field in pictures:
        masks = field.masks()
        if masks is None:
            continue
        small = _resized(field.pixels(), fields.UM_PER_PX["bccd"])
        rows, columns = (size // 8 * 8 for size in small.shape[:2])
        target = masks.cell.astype(np.uint8) + masks.nucleus
        target = cv2.resize(target, small.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        shown.append(_normalised(small[:rows, :columns]))
        wanted.append(target[:rows, :columns])
    return np.stack(shown), np.stack(wanted)


def _resized(pixels: NDArray[np.uint8], um_per_px: float) -> NDArray[np.uint8]:
    factor = um_per_px / UM_PER_PX
    return np.asarray(cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def _normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / 127.5 - 1.0


def _batch(pictures: NDArray[np.floating]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures, np.float32)).permute(0, 3, 1, 2)


def _pair(before: int, after: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for entering in (before, after):
        layers += [nn.Conv2d(entering, after, 3, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)
