"""Conformal sets list the true type as often as they say, of rare types too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost import conformal
from lowcost.bundle import Bundle
from lowcost.conformal import Parameters, least_probability, possible_types

LEAST = Parameters(95, {"lymphocyte": 0.3, "monocyte": 0.1, "blast": 0.05})


def test_every_type_that_is_probable_enough_is_listed_most_probable_first():
    probabilities = {"lymphocyte": 0.25, "monocyte": 0.15, "blast": 0.55, "artefact": 0.05}
    assert possible_types("blast", probabilities, LEAST) == ("blast", "monocyte")
    assert possible_types("unidentified", probabilities, LEAST) == ("blast", "monocyte")


def test_the_given_type_is_listed_always_but_unidentified_is_none():
    low = {"lymphocyte": 0.2, "monocyte": 0.01, "blast": 0.01, "artefact": 0.78}
    assert possible_types("lymphocyte", low, LEAST) == ("lymphocyte",)
    assert possible_types("artefact", low, LEAST) == ("artefact",)
    assert possible_types("unidentified", low, LEAST) == ()
    assert possible_types("unidentified", {}, LEAST) == ()


@pytest.mark.parametrize(("cells", "expected"), [(0, 0.0), (18, 0.0), (19, 0.0), (39, 1.0), (99, 4.0)])
def test_as_many_held_out_cells_are_left_out_as_may_be(cells, expected):
    """Of 19 the least likely one is the limit, of 99 the fifth: (n + 1) 5 % of them lie at or below it."""
    assert least_probability(map(float, reversed(range(cells))), 95) == expected


@given(st.integers(20, 300), st.integers(0, 2**32 - 1))
def test_new_cells_are_covered(cells, seed):
    """Held-out cells and a new one rank in any order alike: of the new one's ranks 95 of 100 lie above the limit."""
    values = np.random.default_rng(seed).random(cells)
    limit = least_probability(values, 95)
    chance = (np.count_nonzero(values > limit) + 1) / (cells + 1)
    assert 0.95 <= chance <= 0.95 + 1 / (cells + 1)


def test_a_bundle_may_have_none():
    bundle = Bundle.load()
    bare = Bundle(bundle.name, bundle.version, bundle.digest, bundle.folder, {}, {})
    assert conformal.load(bare) is None
