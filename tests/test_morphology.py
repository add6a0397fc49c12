import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lowcost import features
from lowcost.errors import BundleError
from lowcost.morphology import Model, Morphology, Parameters, Shift, normal_scores

CLASSES = ("lymphocyte", "monocyte", "blast", "platelet")
TABLE = [math.exp(-0.07 * k) for k in range(256)]
WIDTH = len(features.NAMES)
READ = 3
"""The one feature that the model reads: the more of it, the later the class."""


def _model(**changed):
    column = np.eye(WIDTH)[READ]
    parts = {
        "features": features.NAMES,
        "normal": (-1.0, 0.0, 1.0),
        "levels": ((-1.0, 0.5, 2.0),) * WIDTH,
        "classes": CLASSES[:3],
        "bias": (0.0, 1.0, 0.0),
        "weights": tuple(tuple(weight * column) for weight in (-3.0, 0.0, 3.0)),
        "typical": ((0.0,) * WIDTH,) * 3,
        "typical_logits": ((0.0,) * 4,) * 3,
    }
    return Model(**(parts | changed))


def _morphology(weight=10.0, **changed):
    return Morphology(_model(**changed), Parameters("morphology.json", weight), CLASSES)


def _row(value):
    row = np.zeros((1, WIDTH))
    row[0, READ] = value
    return row


def _share(logits, rows):
    weights = [math.exp(0.07 * value) for value in logits]
    return sum(weights[row] for row in rows) / sum(weights)


def test_a_network_that_is_unsure_follows_the_morphology():
    for value, winner in ((-1.0, 0), (0.5, 1), (2.0, 2), (math.nan, 1)):
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


def test_what_a_device_adds_is_taken_away():
    shift = Shift(tuple(np.eye(WIDTH)[READ] * 0.5), (5, 0, -3, 0))
    (shifted,) = _morphology().apply([[15, 10, 7, -60]], _row(1.25), TABLE, shift)
    (plain,) = _morphology().apply([[10, 10, 10, -60]], _row(0.5), TABLE)
    assert shifted == plain


def test_scores_follow_the_bell_curve_of_the_training_cells():
    random = np.random.default_rng(1)
    values = np.sort(random.lognormal(size=999))
    ranks = (np.arange(31) + 0.5) / 31
    normal = np.array([NormalDist().inv_cdf(rank) for rank in ranks])
    levels = np.quantile(values, ranks)[None]
    scores = normal_scores(values[:, None], levels, normal)[:, 0]
    oracle = np.interp(values, levels[0], normal)
    np.testing.assert_allclose(scores, oracle, atol=1e-12)
    assert scores.std() == pytest.approx(1.0, abs=0.06)


def test_equal_levels_share_the_middle_of_their_scores():
    levels, normal = np.array([[0.0, 0.0, 0.0, 1.0]]), np.array([-2.0, -1.0, 0.0, 3.0])
    values = np.array([[-1.0], [0.0], [0.5], [1.0], [9.0], [math.nan], [math.inf]])
    assert normal_scores(values, levels, normal)[:, 0].tolist() == [-2.0, -1.0, 1.5, 3.0, 3.0, 0.0, 0.0]


@given(
    arrays.arrays(np.float64, (6, 2), elements=st.floats(-1e6, 1e6)),
    arrays.arrays(np.float64, (2, 5), elements=st.floats(-1e6, 1e6)),
)
def test_scores_rise_with_the_value_and_stay_on_the_curve(rows, levels):
    normal = np.array([-1.5, -0.5, 0.0, 0.5, 1.5])
    scores = normal_scores(np.sort(rows, axis=0), np.sort(levels, axis=1), normal)
    assert (np.diff(scores, axis=0) >= 0).all()
    assert (np.abs(scores) <= 1.5).all()


@given(arrays.arrays(np.float64, (3, WIDTH), elements=st.floats(-3, 3)))
def test_log_odds_are_the_linear_model(scores):
    model = _model(weights=tuple(map(tuple, np.random.default_rng(5).normal(size=(3, WIDTH)))))
    morphology = Morphology(model, Parameters("morphology.json", 1.0), CLASSES)
    oracle = scores @ np.array(model.weights).T + model.bias
    np.testing.assert_allclose(morphology.log_odds(scores), oracle, atol=1e-9)


@pytest.mark.parametrize(
    "changed",
    [
        {"features": features.NAMES[::-1]},
        {"classes": ("lymphocyte", "monocyte", "basophil")},
        {"classes": CLASSES[:2]},
        {"levels": ((0.0, 1.0),) * WIDTH},
        {"bias": (0.0, 1.0)},
        {"typical_logits": ((0.0,) * 3,) * 3},
    ],
)
def test_models_of_other_bundles_are_refused(changed):
    with pytest.raises(BundleError, match=r"morphology\.json was made for other features"):
        _morphology(**changed)
