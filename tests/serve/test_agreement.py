"""Cohen's kappa is scikit-learn's."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from lowcost.serve import agreement

NAMES = st.sampled_from(["blast", "lymphocyte", "monocyte"])


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=40))
@pytest.mark.filterwarnings("ignore")
def test_kappa(calls):
    found = agreement.of(calls)
    expected = cohen_kappa_score(*zip(*calls, strict=True))
    if found.kappa is None:
        assert math.isnan(expected) or len(set(sum(calls, ()))) == 1
    else:
        assert found.kappa == pytest.approx(expected, abs=1e-12)
    assert found.same == sum(a == b for a, b in calls)
    assert sum(found.pairs.values()) == found.cells == len(calls)


def test_without_cells_there_is_none():
    assert agreement.of([]) == agreement.Agreement(0, 0, None, {})


def test_by_hand():
    calls = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    assert agreement.of(calls).kappa == pytest.approx(0.4)
