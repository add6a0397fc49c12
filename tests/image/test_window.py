"""Windows of masks and labels hold the nearest px and nothing from elsewhere."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from lowcost.image.window import nearest, shifted

LABELS = arrays.arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(1, 9))


@given(LABELS, st.floats(-15, 15), st.floats(-15, 15), st.floats(0.1, 4), st.floats(0.1, 4))
def test_each_sample_is_the_px_that_holds_its_centre(
    labels: NDArray[np.int32], left: float, top: float, step_x: float, step_y: float
) -> None:
    window = nearest(labels, left, top, step_x, step_y, 7, 5)
    assert window.shape == (5, 7)
    assert window.dtype == labels.dtype
    height, width = labels.shape
    for row, column in np.ndindex(5, 7):
        x, y = math.floor(left + (column + 0.5) * step_x), math.floor(top + (row + 0.5) * step_y)
        expected = labels[y, x] if 0 <= x < width and 0 <= y < height else 0
        assert window[row, column] == expected


@given(LABELS)
def test_step_one_is_the_image_itself(labels: NDArray[np.int32]) -> None:
    height, width = labels.shape
    np.testing.assert_array_equal(nearest(labels, 0.0, 0.0, 1.0, 1.0, width, height), labels)


def test_masks_stay_masks() -> None:
    mask = np.ones((4, 5), bool)
    window = nearest(mask, -2.0, -2.0, 0.5, 0.5, 16, 16)
    assert window.dtype == bool
    assert window[4:12, 4:14].all()
    assert window.sum() == 8 * 10


@given(LABELS, st.data())
def test_shifting_moves_every_px_and_fills_the_gap(labels: NDArray[np.int32], data: st.DataObject) -> None:
    height, width = labels.shape
    x = data.draw(st.integers(-width, width))
    y = data.draw(st.integers(-height, height))
    moved = shifted(labels, x, y, -1)
    for row, column in np.ndindex(height, width):
        inside = 0 <= row + y < height and 0 <= column + x < width
        assert moved[row, column] == (labels[row + y, column + x] if inside else -1)


@given(LABELS, st.data())
def test_shifting_back_restores_what_stayed_in_view(labels: NDArray[np.int32], data: st.DataObject) -> None:
    height, width = labels.shape
    x = data.draw(st.integers(0, width - 1))
    y = data.draw(st.integers(0, height - 1))
    back = shifted(shifted(labels, x, y, 0), -x, -y, 0)
    np.testing.assert_array_equal(back[y:, x:], labels[y:, x:])
    assert not back[:y].any()
    assert not back[:, :x].any()


def test_colours_are_shifted_too() -> None:
    image = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
    moved = shifted(image, 1, -2, 240)
    np.testing.assert_array_equal(moved[2:, :3], image[:3, 1:])
    assert (moved[:2] == 240).all()
    assert (moved[:, 3] == 240).all()
