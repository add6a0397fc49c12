from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ablation import VARIANTS
from lowcost.bundle import Bundle
from lowcost.synth import presets, render

WHOLE = "nothing: the whole"


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    cells = {"neutrophil_segmented": 4, "eosinophil": 3, "lymphocyte": 2, "platelet": 6}
    return render(
        11, width=900, height=700, um_per_px=0.12, cells=cells, settings=presets.draw("phone", 3).settings
    ).pixels


def told(variant: str, pixels: np.ndarray) -> list[object]:
    with VARIANTS[variant](Bundle.load()) as (analyzer, um_per_px):
        cells = analyzer.analyze(pixels, um_per_px=um_per_px).cells
    return [(cell.box, cell.polygon, cell.probabilities) for cell in cells]


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name not in (WHOLE, "leukocyte gate")])
def test_a_part_that_is_left_out_is_missed(variant, pixels):
    assert told(variant, pixels) != told(WHOLE, pixels)


def test_the_parts_are_back_afterwards(pixels):
    before = told(WHOLE, pixels)
    for variant in VARIANTS:
        told(variant, pixels)
    assert told(WHOLE, pixels) == before


def test_without_the_gate_everything_counts():
    with VARIANTS["leukocyte gate"](Bundle.load()) as (analyzer, _):
        assert analyzer.bundle.parameters["classifier"]["leukocyte_limit"] == 0.0
