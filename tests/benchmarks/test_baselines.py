from __future__ import annotations

import numpy as np
import pytest

from benchmarks.baselines import svm
from benchmarks.baselines.threshold import RECIPES, Threshold
from lowcost.evaluation.matching import match
from lowcost.synth import render


@pytest.fixture(scope="module")
def field():
    return render(5, width=480, height=360, um_per_px=0.125, cells={"lymphocyte": 2})


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_recipes_find_plain_cells(name, field):
    recipe = Threshold(name)
    nuclei = recipe.nuclei(field.pixels)
    assert (nuclei & field.nucleus).sum() > 0.8 * field.nucleus.sum()
    boxes = recipe.find(field.pixels).boxes
    assert len(match([item.box for item in field.leukocytes], boxes, "centre").pairs) == 2


@pytest.mark.parametrize("name", list(RECIPES))
def test_a_blank_picture_holds_nothing(name):
    assert len(Threshold(name).find(np.full((100, 120, 3), 230, np.uint8)).boxes) == 0


def test_the_51_features_of_a_disc():
    crop = np.full((96, 96, 3), 240, np.uint8)
    y, x = np.mgrid[:96, :96] - 47.5
    crop[np.hypot(x, y) < 20] = (100, 60, 140)
    row = svm.features(crop)
    assert row.shape == (51,) == (svm.LENGTH,)
    assert row[0] == pytest.approx(1.0, abs=0.05)  # area of nucleus over area of its hull
    assert row[2] == pytest.approx(1.0, abs=0.15)  # roundness
    assert not svm.features(np.full((96, 96, 3), 240, np.uint8)).any()
