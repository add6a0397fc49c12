import numpy as np
import pytest

from lowcost import adaptation, features
from lowcost.morphology import Model, Morphology, Parameters

WIDTH = len(features.NAMES)
CLASSES = ("lymphocyte", "monocyte")
NORMAL = tuple(np.linspace(-3, 3, 31).tolist())
TRUTH = 0.6
"""What the device of these tests adds to every tenth score."""


@pytest.fixture(scope="module")
def morphology():
    """Two types two units apart in the first twenty features; features are scores as they are."""
    typical = np.zeros((2, WIDTH))
    typical[0, :20], typical[1, :20] = -1.0, 1.0
    model = Model(
        features.NAMES,
        NORMAL,
        (NORMAL,) * WIDTH,
        CLASSES,
        (0.0, 0.0),
        tuple(map(tuple, typical / 2)),
        tuple(map(tuple, typical)),
        ((40.0, -40.0), (-40.0, 40.0)),
    )
    return Morphology(model, Parameters("morphology.json", 10.0), CLASSES)


def _cells(morphology, lymphocytes, monocytes, seed=2):
    random = np.random.default_rng(seed)
    codes = np.repeat([0, 1], [lymphocytes, monocytes])
    added = np.where(np.arange(WIDTH) % 10 == 0, TRUTH, 0.0)
    rows = np.array(morphology.model.typical)[codes] + added + random.normal(0, 0.5, (len(codes), WIDTH))
    logits = np.array(morphology.model.typical_logits)[codes] + (12, 0) + random.normal(0, 5, (len(codes), 2))
    return rows.clip(-2.9, 2.9), np.rint(logits).clip(-128, 127).astype(np.int8)


@pytest.mark.parametrize("mixture", [(60, 60), (110, 10), (0, 120)])
def test_the_mixture_of_types_counts_for_little(morphology, mixture):
    found = adaptation.shift(morphology, *_cells(morphology, *mixture), 0.05)
    scores = np.array(found.scores)
    assert scores[::10] == pytest.approx(adaptation.KEPT * TRUTH, abs=0.15)
    others = np.delete(scores, np.arange(0, WIDTH, 10))
    assert np.abs(others).max() < 0.2
    assert found.logits == pytest.approx((adaptation.KEPT * 12, 0), abs=3)


def test_cells_like_the_training_cells_are_not_shifted(morphology):
    random = np.random.default_rng(4)
    typical, logits = np.array(morphology.model.typical), np.array(morphology.model.typical_logits)
    codes = np.arange(200) % 2
    rows = typical[codes] + random.normal(0, 0.5, (200, WIDTH))
    found = adaptation.shift(morphology, rows, logits[codes].astype(np.int8), 0.05)
    assert np.abs(found.scores).max() < 0.15
    assert found.logits == (0, 0)
