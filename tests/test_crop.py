import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost.crop import CROP_PX, VIEW_PX, halve, network_input
from lowcost.errors import InputError


def test_each_pixel_is_the_rounded_mean_of_its_four():
    view = np.random.default_rng(0).integers(0, 256, (VIEW_PX, VIEW_PX, 3)).astype(np.uint8)
    crop = network_input(view)
    for row, column, channel in [(0, 0, 0), (0, 95, 1), (95, 0, 2), (95, 95, 0), (17, 60, 1)]:
        top, left = 32 + 2 * row, 32 + 2 * column
        four = [int(v) for v in view[top : top + 2, left : left + 2, channel].ravel()]
        assert crop[row, column, channel] == (sum(four) + 2) // 4


def test_the_middle_24_um_are_kept():
    view = np.full((VIEW_PX, VIEW_PX, 3), 7, np.uint8)
    view[32:224, 32:224] = 100
    assert (network_input(view) == 100).all()


def test_shape_and_type():
    crop = network_input(np.zeros((VIEW_PX, VIEW_PX, 3), np.uint8))
    assert crop.shape == (CROP_PX, CROP_PX, 3)
    assert crop.dtype == np.uint8


def test_bright_pixels_do_not_wrap():
    assert (network_input(np.full((VIEW_PX, VIEW_PX, 3), 255, np.uint8)) == 255).all()


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4))
def test_halving_rounds_half_up(values):
    image = np.array(values, np.uint8).reshape(2, 2, 1).repeat(3, axis=2)
    assert halve(image).tolist() == [[[int(np.floor(sum(values) / 4 + 0.5))] * 3]]


@pytest.mark.parametrize(
    "view",
    [
        np.zeros((255, 256, 3), np.uint8),
        np.zeros((256, 256), np.uint8),
        np.zeros((256, 256, 4), np.uint8),
        np.zeros((256, 256, 3), np.float32),
    ],
)
def test_other_arrays_are_refused_in_words(view):
    with pytest.raises(InputError, match=r"\(256, 256, 3\) uint8 array, got"):
        network_input(view)
