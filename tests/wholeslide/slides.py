"""Whole slides drawn for tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from lowcost import synth
from lowcost.synth.whole_slide import WholeSlide

UM_PER_PX = 0.25
EDGE = 768
WHITE = synth.Camera().white_point
MONOLAYER, THICK, FEATHERED, GLASS = range(4)


@cache
def field(seed: int, cover: float = 0.3, leukocytes: int = 6) -> synth.RenderedField:
    kinds = ("neutrophil_segmented", "lymphocyte", "monocyte", "eosinophil")
    return synth.render(
        seed,
        width=EDGE,
        height=EDGE,
        um_per_px=UM_PER_PX,
        cells=[kinds[number % 4] for number in range(leukocytes)],
        settings=synth.Settings(smear=synth.Smear(red_cell_cover=cover)),
    )


@cache
def zones() -> tuple[np.ndarray, ...]:
    """Blocks of each zone; a thick one is two layers, whose densities add."""
    lower, upper = (field(seed, 0.7, 0).pixels.astype(float) for seed in (4, 5))
    thick = np.clip(lower * upper / WHITE, 0, 255).astype(np.uint8)
    glass = synth.render(
        1, width=EDGE, height=EDGE, um_per_px=UM_PER_PX, cells=(),
        settings=synth.Settings(smear=synth.Smear(red_cell_cover=0.0, debris=0.0)),
    )  # fmt: skip
    return field(1).pixels, thick, field(6, 0.04, 0).pixels, glass.pixels


def written(folder: Path, blocks: tuple[np.ndarray, ...], layout: list[list[int]], quality: int | None = 95) -> Path:
    path = folder / "slide.ome.tif"
    WholeSlide(blocks, np.array(layout), UM_PER_PX).write(path, quality)
    return path
