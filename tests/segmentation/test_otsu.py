"""The two classes are those of scikit-image's threshold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import threshold_otsu

from lowcost.segmentation.otsu import classes


@pytest.mark.parametrize("seed", range(6))
def test_the_classes_are_those_of_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.normal(60, 20, 900), rng.normal(200, 30, 100 + 300 * seed)])
    values = np.clip(np.rint(values), 0, 399).astype(np.int64)
    counts = np.bincount(values, minlength=400)
    threshold = threshold_otsu(hist=counts)
    low, high, _ = classes(counts)
    assert low == pytest.approx(values[values <= threshold].mean())
    assert high == pytest.approx(values[values > threshold].mean())


@given(st.lists(st.integers(0, 50), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_the_means_lie_within_the_values_and_in_order(values: list[int]) -> None:
    low, high, _ = classes(np.bincount(values))
    assert min(values) <= low < high <= max(values)


@pytest.mark.parametrize("value", [0, 7])
def test_values_all_the_same_make_one_class(value: int) -> None:
    parted = classes(np.bincount([value] * 5, minlength=2))
    assert sorted(parted[:2]) == [0.0, float(value)]
    assert parted.explained == 0.0


@given(st.lists(st.integers(0, 50), min_size=2, max_size=40).filter(lambda values: len(set(values)) > 1))
def test_what_the_classes_explain_is_the_share_of_variance_between_them(values: list[int]) -> None:
    parted = classes(np.bincount(values))
    lower = [value for value in values if abs(value - parted.low) < abs(value - parted.high)]
    upper = [value for value in values if value not in lower]
    within = len(lower) * np.var(lower) + len(upper) * np.var(upper)
    assert parted.explained == pytest.approx(1 - within / (len(values) * np.var(values)), abs=1e-9)
