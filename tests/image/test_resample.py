"""Resampling gives the means and interpolations it promises, in integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from lowcost.image.resample import WEIGHT_BITS, block_mean, sample

FILL = 240


def images(low: int = 1, high: int = 24) -> st.SearchStrategy[NDArray[np.uint8]]:
    return arrays.arrays(np.uint8, st.tuples(st.integers(low, high), st.integers(low, high), st.just(3)))


def ramp(slope_x: float, slope_y: float, height: int = 40, width: int = 50) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width] + 0.5
    plane = np.rint(20 + slope_x * x + slope_y * y).astype(np.uint8)
    return np.stack([plane, 255 - plane, plane], axis=-1)


def whole(image: NDArray[np.uint8], step_x: float, step_y: float) -> NDArray[np.uint8]:
    """The image on a grid of another spacing, as far as whole samples go."""
    height, width = image.shape[:2]
    return sample(image, 0.0, 0.0, step_x, step_y, int(width / step_x), int(height / step_y), FILL)


# ---------------------------------------------------------------- block_mean


@pytest.mark.parametrize("factor", range(1, 10))
def test_constant_blocks_keep_their_value(factor: int) -> None:
    blocks = np.random.default_rng(factor).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    image = np.repeat(np.repeat(blocks, factor, axis=0), factor, axis=1)
    np.testing.assert_array_equal(block_mean(image, factor), blocks)


@given(images(2), st.integers(2, 7))
def test_a_block_is_the_mean_of_four_of_its_pixels(image: NDArray[np.uint8], factor: int) -> None:
    height, width = image.shape[0] // factor, image.shape[1] // factor
    shrunk = block_mean(image, factor)
    assert shrunk.shape == (height, width, 3)
    assert shrunk.dtype == np.uint8
    near, far = factor // 4, factor - 1 - factor // 4
    for row, column in np.ndindex(height, width):
        block = image[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor].astype(int)
        total = block[near, near] + block[near, far] + block[far, near] + block[far, far]
        np.testing.assert_array_equal(shrunk[row, column], (total + 2) // 4)


def test_the_mean_of_four_does_not_overflow() -> None:
    assert (block_mean(np.full((8, 8, 3), 255, np.uint8), 2) == 255).all()


@given(images(2), st.integers(1, 5))
def test_a_mirrored_image_gives_mirrored_blocks(image: NDArray[np.uint8], factor: int) -> None:
    cut = image[: image.shape[0] // factor * factor, : image.shape[1] // factor * factor]
    np.testing.assert_array_equal(block_mean(cut[:, ::-1], factor), block_mean(cut, factor)[:, ::-1])
    np.testing.assert_array_equal(block_mean(cut[::-1], factor), block_mean(cut, factor)[::-1])


# ---------------------------------------------------------------- sample


@given(images())
def test_step_one_is_the_image_itself(image: NDArray[np.uint8]) -> None:
    np.testing.assert_array_equal(whole(image, 1.0, 1.0), image)


@given(images(4), st.integers(-6, 20), st.integers(-6, 20))
def test_step_one_cuts_a_window_and_fills_outside(image: NDArray[np.uint8], left: int, top: int) -> None:
    cut = sample(image, float(left), float(top), 1.0, 1.0, 9, 7, FILL)
    height, width = image.shape[:2]
    padded = np.full((height + 50, width + 50, 3), FILL, np.uint8)
    padded[20 : 20 + height, 20 : 20 + width] = image
    np.testing.assert_array_equal(cut, padded[20 + top : 27 + top, 20 + left : 29 + left])


@pytest.mark.parametrize("step_x", [1, 2, 4, 8])
@pytest.mark.parametrize("step_y", [1, 2, 8])
def test_steps_that_weights_divide_give_the_exact_block_mean(step_x: int, step_y: int) -> None:
    image = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    blocks = image.reshape(48 // step_y, step_y, 64 // step_x, step_x, 3)
    mean = np.floor(blocks.mean(axis=(1, 3)) + 0.5)
    np.testing.assert_array_equal(whole(image, float(step_x), float(step_y)), mean)


@pytest.mark.parametrize("step", [3, 5, 6, 7])
def test_other_integer_steps_give_the_block_mean_up_to_the_rounding_of_weights(step: int) -> None:
    image = np.random.default_rng(4).integers(0, 256, (step * 9, step * 9, 3), dtype=np.uint8)
    mean = image.reshape(9, step, 9, step, 3).mean(axis=(1, 3))
    # The running sum of weights is off by at most 1/256 at each border between px of a block, along each axis.
    error = np.abs(whole(image, float(step), float(step)) - mean)
    assert error.max() <= 0.5 + 2 * (step - 1) * 255 / 256
    assert error.mean() < 1.0


@pytest.mark.parametrize("step", [0.25, 0.5, 0.125])
def test_finer_steps_interpolate_a_ramp_exactly(step: float) -> None:
    image = ramp(4.0, 0.0)
    fine = whole(image, step, step)
    x = (np.arange(fine.shape[1]) + 0.5) * step
    inner = (x > 0.5) & (x < image.shape[1] - 0.5)
    expected = np.floor(20 + 4.0 * x[inner] + 0.5)
    np.testing.assert_array_equal(fine[:, inner, 0], np.broadcast_to(expected, (fine.shape[0], inner.sum())))


@given(
    slopes=st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)),
    step=st.tuples(st.floats(0.2, 6.0), st.floats(0.2, 6.0)),
    start=st.tuples(st.floats(4.0, 20.0), st.floats(4.0, 20.0)),
)
def test_any_step_keeps_a_ramp(
    slopes: tuple[float, float], step: tuple[float, float], start: tuple[float, float]
) -> None:
    y, x = np.mgrid[:60, :60] + 0.5
    plane = 128 + slopes[0] * (x - 30) + slopes[1] * (y - 30)
    image = np.repeat(np.clip(np.rint(plane), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    window = sample(image, start[0], start[1], step[0], step[1], 4, 4, FILL)
    centre_x = start[0] + (np.arange(4) + 0.5) * step[0]
    centre_y = start[1] + (np.arange(4) + 0.5) * step[1]
    expected = 128 + slopes[0] * (centre_x[None, :] - 30) + slopes[1] * (centre_y[:, None] - 30)
    # Half a level each for the image's own rounding and the result's, and up to 1/256 of the span of the taps.
    allowed = 1.0 + sum(abs(slope) * (max(each, 1.0) + 2) ** 2 / 256 for slope, each in zip(slopes, step, strict=True))
    seen = (centre_x + step[0] / 2 < 59)[None, :] & (centre_y + step[1] / 2 < 59)[:, None]
    assert (np.abs(window[..., 0] - expected)[seen] <= allowed).all()


@given(images(4), st.floats(-9.0, 30.0), st.floats(-9.0, 30.0), st.floats(0.1, 9.0), st.floats(0.1, 9.0))
def test_samples_lie_between_the_darkest_and_the_brightest_and_outside_is_filled(
    image: NDArray[np.uint8], left: float, top: float, step_x: float, step_y: float
) -> None:
    window = sample(image, left, top, step_x, step_y, 6, 5, FILL)
    assert window.shape == (5, 6, 3)
    assert window.dtype == np.uint8
    x, y = left + step_x * (np.arange(6) + 0.5), top + step_y * (np.arange(5) + 0.5)
    inside = ((y >= 0) & (y < image.shape[0]))[:, None] & ((x >= 0) & (x < image.shape[1]))[None, :]
    assert (window[~inside] == FILL).all()
    seen = window[inside]
    if seen.size:
        assert (seen >= image.min(axis=(0, 1))).all()
        assert (seen <= image.max(axis=(0, 1))).all()


@given(st.integers(0, 255), st.floats(0.05, 12.0), st.floats(-3.0, 3.0))
def test_weights_sum_to_one(value: int, step: float, start: float) -> None:
    image = np.full((50, 50, 3), value, np.uint8)
    window = sample(image, 20.0 + start, 20.0 - start, step, step, 3, 3, value)
    assert (window == value).all()
    assert 2 * WEIGHT_BITS + 8 < 24, "every sum must be an exact integer, also in single precision"


def test_a_window_far_outside_is_filled() -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    assert (sample(image, 500.0, -700.0, 0.8, 1.3, 5, 6, FILL) == FILL).all()


def test_one_channel_is_sampled_like_three() -> None:
    image = np.random.default_rng(5).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    arguments = (3.3, 4.1, 1.7, 0.6, 12, 14, FILL)
    np.testing.assert_array_equal(sample(image[..., 1:2], *arguments)[..., 0], sample(image, *arguments)[..., 1])


def test_the_image_is_left_alone() -> None:
    image = np.random.default_rng(6).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    image.setflags(write=False)
    before = image.copy()
    whole(image, 1.5, 0.7)
    block_mean(image, 3)
    np.testing.assert_array_equal(image, before)
