"""Distance from the training set: zero at its middle, more the farther away, and held-out cells are its ruler."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lowcost import novelty
from lowcost.bundle import Bundle
from lowcost.novelty import Parameters, of_cell, of_field, squared_distance

SETTINGS = Parameters(
    features=("a", "b"),
    spread=(1.0, 2.0),
    limit=5.0,
    kinds={"one lymphocyte": (0.0, 0.0), "one monocyte": (10.0, 0.0)},
    steps=(0.5, 1.0, 2.0, 4.0),
)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ({"a": 0.0, "b": 0.0}, 0.0),
        ({"a": 10.0, "b": 2.0}, 1.0),
        ({"a": 1.0, "b": -4.0}, 5.0),
        ({"a": 5.0, "b": 0.0}, 25.0),
        ({"a": 900.0, "b": 900.0}, 50.0),
        ({"a": 2.0}, 4.0),
        ({"a": math.nan, "b": 2.0}, 1.0),
        ({"c": 9.0}, 0.0),
    ],
)
def test_the_distance_is_that_to_the_nearest_kind(cell, expected):
    assert squared_distance(cell, SETTINGS) == expected


def test_novelty_is_a_rank_among_held_out_cells():
    found = [of_cell({"a": away, "b": 0.0}, SETTINGS) for away in (0.0, 0.8, 1.2, 5.0)]
    assert found == [0.0, 0.25, 0.5, 1.0]
    assert of_cell({}, SETTINGS) is None


def test_a_field_is_as_new_as_its_middle_leukocyte():
    assert of_field([0.9, 0.1, 0.3]) == 0.3
    assert of_field([0.9, 0.1]) == 0.1
    assert of_field([]) is None


def test_the_distance_agrees_with_scipy():
    distance = pytest.importorskip("scipy.spatial.distance")
    rng = np.random.default_rng(1)
    for values in rng.normal(size=(20, 2)):
        expected = min(
            distance.mahalanobis(values, mean, np.diag(1 / np.square(SETTINGS.spread)))
            for mean in SETTINGS.kinds.values()
        )
        cell = dict(zip("ab", values.tolist(), strict=True))
        assert squared_distance(cell, SETTINGS) == pytest.approx(expected**2)


def test_a_bundle_may_have_none():
    bundle = Bundle.load()
    bare = Bundle(bundle.name, bundle.version, bundle.digest, bundle.folder, {}, {})
    assert novelty.load(bare) is None
