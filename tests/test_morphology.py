import math

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost import features
from lowcost.errors import BundleError
from lowcost.morphology import Morphology, Parameters

CLASSES = ("lymphocyte", "monocyte", "blast", "platelet")
TABLE = [math.exp(-0.07 * k) for k in range(256)]


def _model(classes, names=features.NAMES):
    """Trees that read one feature: below 0 the first class, above 1 the last."""
    rows = np.zeros((300, len(names)))
    codes = np.arange(300) % classes
    rows[:, 3] = codes - 0.5
    data = lightgbm.Dataset(rows, codes, feature_name=list(names))
    settings = {"objective": "multiclass", "num_class": classes, "verbosity": -1, "min_data_in_leaf": 5}
    return lightgbm.train(settings, data, 10).model_to_string()


MODEL = _model(3)


def _morphology(weight=10.0, classes=("lymphocyte", "monocyte", "blast")):
    return Morphology(MODEL, Parameters("cell_type.txt", classes, weight), CLASSES)


def _row(value):
    row = np.zeros((1, len(features.NAMES)))
    row[0, 3] = value
    return row


def _share(logits, rows):
    weights = [math.exp(0.07 * value) for value in logits]
    return sum(weights[row] for row in rows) / sum(weights)


def test_a_network_that_is_unsure_follows_the_morphology():
    for value, winner in ((-0.5, 0), (0.5, 1), (1.5, 2)):
        (joined,) = _morphology().apply([[10, 10, 10, -60]], _row(value), TABLE)
        assert int(np.argmax(joined)) == winner


def test_without_weight_nothing_changes():
    assert _morphology(0.0).apply([[3, -90, 40, 12]], _row(0.5), TABLE) == [[3, -90, 40, 12]]


@given(st.lists(st.integers(-128, 127), min_size=4, max_size=4), st.floats(-2, 3), st.floats(0, 40))
def test_what_is_no_such_cell_keeps_its_probability(logits, value, weight):
    (joined,) = _morphology(weight).apply([logits], _row(value), TABLE)
    assert max(joined) - min(joined) <= 255
    before, after = _share(logits, range(3)), _share(joined, range(3))
    odds = math.log(before / (1 - before)) - math.log(after / (1 - after)) if 0 < before < 1 and 0 < after < 1 else 0
    floor = max(logits) - 255 + 130
    if min(logits) > floor:
        assert abs(odds) <= 0.07 * 1.01


def test_scores_are_the_boosters_own():
    rows = np.concatenate([_row(value) for value in (-0.5, 0.5, 1.5)])
    oracle = lightgbm.Booster(model_str=MODEL).predict(rows, raw_score=True)
    assert (_morphology().scores(rows) == oracle).all()


@pytest.mark.parametrize(
    ("model", "classes"),
    [
        (MODEL, ("lymphocyte", "monocyte")),
        (MODEL, ("lymphocyte", "monocyte", "basophil")),
        (_model(3, [f"f{i}" for i in range(len(features.NAMES))]), ("lymphocyte", "monocyte", "blast")),
        ("tree", ("lymphocyte", "monocyte", "blast")),
    ],
)
def test_models_of_other_bundles_are_refused(model, classes):
    with pytest.raises(BundleError, match=r"cell_type\.txt"):
        Morphology(model, Parameters("cell_type.txt", classes, 1.0), CLASSES)
