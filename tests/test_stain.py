"""Optical density in integers is that of Beer and Lambert, and stain vectors are those that were painted."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost import stain
from lowcost.bundle import Bundle
from lowcost.optics import Resampling

CHROMATIN = (0.55, 0.82, 0.17)
HAEMOGLOBIN = (0.30, 0.80, 0.52)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.load()


@pytest.fixture(scope="module")
def parameters(bundle: Bundle) -> stain.Parameters:
    return bundle.section("stain", stain.Parameters)


@pytest.fixture(scope="module")
def white(bundle: Bundle) -> int:
    return bundle.section("resample", Resampling).white


def painted(white: int, density: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Balanced pixels whose decadic optical density is as given."""
    return np.clip(np.rint(white * 10.0**-density), 0, 255).astype(np.uint8)


def test_the_table_is_the_logarithm(parameters: stain.Parameters, white: int) -> None:
    level = np.arange(1, white + 1)
    exact = -1000.0 * np.log10(level / white)
    density = stain.optical_density(np.tile(level.astype(np.uint8)[:, None, None], (1, 1, 3)), parameters)
    assert density.dtype == np.int16
    assert np.abs(density[:, 0, 0] - exact).max() <= 0.501


def test_background_and_brighter_have_no_density(parameters: stain.Parameters, white: int) -> None:
    bright = np.arange(white, 256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
    assert not stain.optical_density(bright, parameters).any()


def test_the_table_falls_and_ends_finite(parameters: stain.Parameters) -> None:
    table = np.array(parameters.density_table)
    assert table.shape == (256,)
    assert (np.diff(table) <= 0).all()
    assert (np.diff(table[1:200]) < 0).all()
    assert table[0] == table[1] < 4096  # `surroundings` has 4096 bins


def test_densities_add_where_light_multiplies(parameters: stain.Parameters, white: int) -> None:
    first, second = 0.3, 0.4
    one, other, both = (
        stain.optical_density(painted(white, np.full((1, 1, 3), value)), parameters)[0, 0, 0]
        for value in (first, second, first + second)
    )
    assert abs(int(one) + int(other) - int(both)) <= 8


def test_shape_and_channels_are_kept(parameters: stain.Parameters) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    density = stain.optical_density(image, parameters)
    assert density.shape == image.shape
    for place in np.ndindex(image.shape):
        assert density[place] == parameters.density_table[image[place]]


def test_chromatin_is_the_excess_of_green_over_blue_up_to_a_limit() -> None:
    density = np.array([[[100, 500, 200], [100, 200, 500], [900, 1000, 800], [0, 0, 0]]], np.int16)
    np.testing.assert_array_equal(stain.chromatin_density(density, 400), [[300, 0, 600, 0]])
    assert stain.chromatin_density(density, 400).dtype == np.int16


def test_chromatin_stands_out_from_haemoglobin(parameters: stain.Parameters, white: int) -> None:
    colours = np.array([[CHROMATIN, HAEMOGLOBIN]])
    density = stain.optical_density(painted(white, colours), parameters)
    nucleus, red_cell = stain.chromatin_density(density, parameters.blue_limit)[0]
    assert nucleus > 2 * red_cell


def two_stains(white: int, noise: float = 0.0) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.bool_]]:
    """A nucleus and a red cell on empty glass, and where they are."""
    rng = np.random.default_rng(7)
    amount = rng.uniform(0.5, 1.0, (120, 160, 1))
    density = np.zeros((120, 160, 3))
    density[20:80, 20:80] = amount[20:80, 20:80] * CHROMATIN
    density[20:100, 90:150] = amount[20:100, 90:150] * HAEMOGLOBIN
    density += noise * rng.standard_normal(density.shape)
    nuclei = np.zeros((120, 160), bool)
    nuclei[20:80, 20:80] = True
    return painted(white, density), nuclei, ~nuclei


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_vectors_are_those_that_were_painted(parameters: stain.Parameters, white: int, noise: float) -> None:
    pixels, nuclei, rest = two_stains(white, noise)
    density = stain.optical_density(pixels, parameters)
    measured = stain.vectors(density, nuclei, rest, parameters)
    assert set(measured) == {"chromatin", "haemoglobin"}
    for name, painted_vector in (("chromatin", CHROMATIN), ("haemoglobin", HAEMOGLOBIN)):
        unit = np.array(painted_vector) / np.linalg.norm(painted_vector)
        assert np.linalg.norm(measured[name]) == pytest.approx(1.0)
        assert float(unit @ measured[name]) > np.cos(np.deg2rad(1.5))


def test_too_few_px_of_a_stain_leave_the_default(parameters: stain.Parameters, white: int) -> None:
    pixels, nuclei, rest = two_stains(white)
    density = stain.optical_density(pixels, parameters)
    nowhere = np.zeros_like(nuclei)
    assert stain.vectors(density, nowhere, rest, parameters)["chromatin"] == parameters.vectors["chromatin"]
    assert stain.vectors(density, nuclei, nowhere, parameters)["haemoglobin"] == parameters.vectors["haemoglobin"]
    strict = dataclasses.replace(parameters, least_pixels=10**6)
    assert stain.vectors(density, nuclei, rest, strict) == parameters.vectors


def test_empty_glass_is_not_taken_for_a_stain(parameters: stain.Parameters, white: int) -> None:
    glass = np.full((100, 100, 3), white, np.uint8)
    density = stain.optical_density(glass, parameters)
    everywhere = np.ones((100, 100), bool)
    assert stain.vectors(density, ~everywhere, everywhere, parameters) == parameters.vectors


def test_default_vectors_have_length_one_and_differ(parameters: stain.Parameters) -> None:
    lengths = [np.linalg.norm(vector) for vector in parameters.vectors.values()]
    np.testing.assert_allclose(lengths, 1.0, atol=0.005)
    assert np.dot(parameters.vectors["chromatin"], parameters.vectors["haemoglobin"]) < 0.98
