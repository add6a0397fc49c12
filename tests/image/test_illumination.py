"""White is found whatever its colour, wherever it falls off, and the eyepiece's surround is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowcost.image import illumination

CASTS = {
    "cyan": (150, 215, 225),
    "green": (150, 176, 128),
    "yellow": (238, 223, 160),
    "pink": (221, 170, 150),
    "brown": (165, 130, 90),
    "bright": (252, 250, 248),
}


def background_level(balanced):
    """Most frequent value of each channel."""
    return [int(np.bincount(balanced[..., channel].ravel()).argmax()) for channel in range(3)]


@pytest.mark.parametrize("cast", CASTS)
def test_a_background_of_any_colour_becomes_white(cast, draw_red_cells, light_parameters):
    image = draw_red_cells(40, white=CASTS[cast])
    light = illumination.measure(image, light_parameters)
    assert light.white_point == pytest.approx(CASTS[cast], abs=3)
    assert background_level(light.balance(image)) == pytest.approx([240] * 3, abs=2)
    assert light.mask.all()


@pytest.mark.parametrize("cover", [0.02, 0.3, 0.9, 1.4])
def test_sparse_and_crowded_fields(cover, draw_red_cells, light_parameters):
    image = draw_red_cells(40, cover=cover)
    light = illumination.measure(image, light_parameters)
    assert light.white_point == pytest.approx((228, 222, 205), abs=6)
    # Cells thrown at random leave exp(-cover) of the background empty; their pale rims and noise cost some of it.
    assert 0.4 * np.exp(-cover) < light.background_share <= 1.05 * np.exp(-cover)


def test_highlights_are_not_white(draw_red_cells, light_parameters):
    image = draw_red_cells(40, white=(180, 170, 150))
    rng = np.random.default_rng(1)
    for x, y in rng.integers(10, 470, (60, 2)):
        image[y : y + 5, x : x + 5] = 255
    assert illumination.measure(image, light_parameters).white_point == pytest.approx((180, 170, 150), abs=4)


def test_falloff_is_followed(draw_red_cells, light_parameters):
    image = draw_red_cells(40)
    v, u = np.mgrid[-1:1:480j, -1:1:640j]
    falloff = 1 - 0.12 * (u * u + v * v) + 0.06 * u
    shaded = np.rint(image * falloff[..., None]).astype(np.uint8)
    light = illumination.measure(shaded, light_parameters)
    for x, y in [(0.5, 0.5), (0.05, 0.05), (0.95, 0.05), (0.05, 0.95), (0.95, 0.95)]:
        expected = np.array([228, 222, 205]) * falloff[int(y * 480), int(x * 640)]
        assert light.white_at(x, y) == pytest.approx(expected, abs=4)
    balanced = light.balance(shaded)
    for corner in (balanced[:120, :160], balanced[:120, -160:], balanced[-120:, :160], balanced[-120:, -160:]):
        assert background_level(corner) == pytest.approx([240] * 3, abs=4)


@pytest.mark.parametrize("white", [(228, 222, 205), (165, 130, 90)])
def test_a_known_falloff_needs_its_level_alone(white, draw_red_cells, light_parameters):
    image = draw_red_cells(40, white=white, cover=2.2)
    v, u = np.mgrid[-1:1:480j, -1:1:640j]
    falloff = 1 - 0.3 * (u * u + v * v) + 0.1 * u
    shaded = np.rint(image * falloff[..., None]).astype(np.uint8)
    flat = np.repeat(np.array([[1.0], [0.1], [0.0], [-0.3], [0.0], [-0.3]]), 3, axis=1)
    light = illumination.measure(shaded, light_parameters, flat)
    for x, y in [(0.5, 0.5), (0.02, 0.02), (0.98, 0.02), (0.02, 0.98), (0.98, 0.98)]:
        expected = np.array(white) * falloff[min(479, int(y * 480)), min(639, int(x * 640))]
        assert light.white_at(x, y) == pytest.approx(expected, rel=0.02, abs=2)
    np.testing.assert_allclose(light.coefficients / light.coefficients[0], flat, atol=1e-12)


def test_eyepiece(draw_red_cells, light_parameters):
    image = draw_red_cells(30)
    y, x = np.mgrid[:480, :640]
    radius = np.hypot(x - 320, y - 240)
    image[radius > 300] = 6
    light = illumination.measure(image, light_parameters)
    assert not light.mask[radius > 302].any()
    assert light.mask[radius < 280].all()
    assert light.white_point == pytest.approx((228, 222, 205), abs=4)


def test_a_dark_nucleus_at_the_edge_is_no_eyepiece(draw_red_cells, light_parameters):
    image = draw_red_cells(30)
    y, x = np.mgrid[:480, :640]
    image[np.hypot(x - 5, y - 240) < 50] = (90, 40, 120)
    assert illumination.measure(image, light_parameters).mask.all()


def test_balance_divides_exactly(light_parameters):
    value = np.arange(256)
    for white in range(1, 256):
        surface = np.zeros((6, 3))
        surface[0] = white
        light = illumination.Illumination(surface, np.ones((1, 256), dtype=bool), 1.0, 240)
        row = np.repeat(value.astype(np.uint8)[None, :, None], 3, axis=2)
        expected = np.minimum((value * 240 + white // 2) // white, 255)
        assert np.array_equal(light.balance(row)[0, :, 1], expected)
        assert np.array_equal(light.balance_view(row, 0.3, 0.7)[0, :, 2], expected)


def test_balancing_twice_changes_nothing(draw_red_cells, light_parameters):
    balanced = illumination.measure(image := draw_red_cells(40), light_parameters).balance(image)
    again = illumination.measure(balanced, light_parameters)
    assert again.white_point == pytest.approx((240, 240, 240), abs=1)
    assert np.abs(again.balance(balanced).astype(int) - balanced).max() <= 2


def test_the_same_light_at_every_resolution(draw_red_cells, light_parameters):
    image = draw_red_cells(60, width=960, height=720)
    fine = illumination.measure(image, light_parameters)
    coarse = illumination.measure(np.ascontiguousarray(image[::2, ::2]), light_parameters)
    assert fine.white_point == pytest.approx(coarse.white_point, abs=2)
    assert coarse.balance(image).shape == image.shape


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["noise", "black", "white", "half"]),
)
def test_any_image_has_some_light(light_parameters, height, width, seed, kind):
    rng = np.random.default_rng(seed)
    image = {
        "noise": rng.integers(0, 256, (height, width, 3), np.uint8),
        "black": np.zeros((height, width, 3), np.uint8),
        "white": np.full((height, width, 3), 255, np.uint8),
        "half": np.repeat((np.arange(width) % 2 * 255).astype(np.uint8)[None, :, None], height, axis=0).repeat(3, 2),
    }[kind]
    light = illumination.measure(image, light_parameters)
    assert light.balance(image).shape == image.shape
    assert light.mask.shape == image.shape[:2]
    assert light.mask.any()
    assert all(1 <= level <= 255 for level in light.white_at(0.9, 0.1))
    assert 0.0 <= light.background_share <= 1.0


def test_real_fields(shared_data, light_parameters):
    """The mode of every balanced field is white, in sets of very different colour."""
    from lowcost.image.reading import read

    fields = [
        path
        for folder in ("bccd/images", "deepbionet_dev/images", "raabin_dev/images", "lld_dev/images", "phone_fields")
        for path in sorted((shared_data / folder).iterdir())[::40]
    ]
    off = []
    for path in fields:
        image = read(path).pixels
        light = illumination.measure(image, light_parameters)
        balanced = light.balance(image)
        bright = balanced[balanced.min(axis=2) > 215]
        if np.abs(np.median(bright, axis=0) - 240).max() > 4 or light.background_share < 0.05:
            off.append(path.name)
    assert not off


def test_a_known_white_is_the_same_everywhere_and_its_share_is_measured(draw_red_cells, light_parameters):
    image, white = draw_red_cells(40, white=CASTS["pink"]), CASTS["pink"]
    known = illumination.even(image, white, light_parameters)
    assert known.white_at(0.0, 0.0) == known.white_at(1.0, 0.7) == known.white_point == white
    assert known.mask.all()
    measured = illumination.measure(image, light_parameters)
    assert known.background_share == pytest.approx(measured.background_share, abs=0.05)
    assert background_level(known.balance(image)) == pytest.approx([240] * 3, abs=2)
