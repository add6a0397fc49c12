"""Rendered fields with their truth, each drawn once, for the tests of everything that finds cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lowcost import synth
from lowcost.evaluation.matching import Matching, match
from lowcost.synth import RenderedField, presets

CLEAN = (("analyser", 3), ("clinic", 3), ("pale", 3), ("casts", 1), ("casts", 3), ("phone", 2), ("squeezed", 1))
"""Fields of every look whose leukocytes all lie apart and whole enough to be found."""


@cache
def preset(name: str, seed: int) -> RenderedField:
    """A field as a preset draws it."""
    return presets.draw(name, seed).render(seed)


@cache
def row() -> RenderedField:
    """Four cells of different types on a small, plain field."""
    cells = ("eosinophil", "lymphocyte", "monocyte", "blast")
    return synth.render(12, width=640, height=480, um_per_px=0.12, cells=cells)


@cache
def cut() -> RenderedField:
    """Cells that the edge of the image cuts."""
    settings = synth.Settings(smear=synth.Smear(edge=1.0))
    return synth.render(8, width=600, height=480, um_per_px=0.12, cells={"lymphocyte": 4}, settings=settings)


@cache
def eyepiece(radius: float, seed: int = 2) -> RenderedField:
    """A round field with dark corners, and cells of which some are cut by it."""
    settings = synth.Settings(smear=synth.Smear(edge=0.5), optics=synth.Optics(eyepiece=radius))
    cells = {"lymphocyte": 3, "neutrophil_segmented": 3}
    return synth.render(seed, width=800, height=640, um_per_px=0.14, cells=cells, settings=settings)


@cache
def coarse() -> RenderedField:
    """A field at 10x: cells can be counted, but not described."""
    cells = {"lymphocyte": 4, "neutrophil_segmented": 6}
    return synth.render(5, width=480, height=400, um_per_px=0.65, cells=cells)


def weak(field: RenderedField, density: float) -> NDArray[np.uint8]:
    """The picture of a field whose optical densities are multiplied by a share, as a weak stain leaves them."""
    return np.floor(240 * (field.pixels.clip(1) / 240) ** density + 0.5).astype(np.uint8)


def ring(inner_um: float, outer_um: float) -> NDArray[np.uint8]:
    """A field with the dark rim of an air bubble in its middle."""
    field = synth.render(3, width=800, height=640, um_per_px=0.12, cells=("lymphocyte",))
    y, x = (np.mgrid[:640, :800] - np.array([320, 400])[:, None, None]) * 0.12
    away = np.hypot(x, y)
    pixels = field.pixels.copy()
    rim = (away > inner_um) & (away < outer_um)
    pixels[rim] = (pixels[rim] * np.array([0.25, 0.1, 0.6])).astype(np.uint8)
    return pixels


def matched(field: RenderedField, boxes: Sequence[tuple[int, int, int, int]], criterion: str = "iou") -> Matching:
    """Found boxes against the leukocytes of a field."""
    return match([item.box for item in field.leukocytes], boxes, criterion)


def single_cells(folder: Path, count: int, edge: int, kinds: Sequence[str] = ("lymphocyte", "eosinophil")) -> Path:
    """Write pictures of one rendered cell each, 200 x 200 px at 0.12 um per px, into folders named by type.

    They are cut from fields `edge` px wide and high; returns `folder`.
    """
    for seed in range(count):
        kind = kinds[seed % len(kinds)]
        (folder / kind).mkdir(parents=True, exist_ok=True)
        drawn = synth.render(seed, width=edge, height=edge, um_per_px=0.12, cells=(kind,))
        x0, y0, x1, y1 = drawn.leukocytes[0].box
        x, y = (x0 + x1) // 2, (y0 + y1) // 2
        padded = cv2.copyMakeBorder(drawn.pixels, 100, 100, 100, 100, cv2.BORDER_REFLECT_101)
        cv2.imwrite(str(folder / kind / f"{seed}.png"), padded[y : y + 200, x : x + 200, ::-1])
    return folder
