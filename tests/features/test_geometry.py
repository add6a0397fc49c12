import math

import numpy as np
import pytest
from skimage import measure, morphology

from lowcost.features.geometry import Region, filled, label, part_areas, perimeter, squared_distance
from tests.features.cells import band, disc, ellipse, lobed

SHAPES = [disc(30), ellipse(50, 20, 30), band(12), lobed(3, 4), lobed(2, 0), disc(3), ellipse(60, 8, 77)]


@pytest.mark.parametrize("mask", SHAPES)
def test_agrees_with_scikit_image(mask):
    region = Region(mask)
    reference = measure.regionprops(mask.astype(np.uint8))[0]
    assert region.area == reference.area
    assert region.perimeter == pytest.approx(measure.perimeter(mask, neighborhood=4), rel=1e-12)
    # A pixel is a unit square, with a variance of 1/12 along each axis; scikit-image takes it for a point.
    for ours, theirs in (("major", reference.axis_major_length), ("minor", reference.axis_minor_length)):
        assert getattr(region.moments, ours) ** 2 - 16 / 12 == pytest.approx(theirs**2, rel=1e-9)
    assert (region.moments.y, region.moments.x) == pytest.approx(reference.centroid, rel=1e-12)


@pytest.mark.parametrize("mask", [shape for shape in SHAPES if shape.sum() > 200])
def test_hull_agrees_with_scikit_image(mask):
    region = Region(mask)
    reference = morphology.convex_hull_image(mask)
    # scikit-image takes the hull of pixel edges' middles, we that of their corners: half a px along slanting sides.
    assert region.hull_area == pytest.approx(reference.sum(), rel=0.03)
    assert np.count_nonzero(region.hull_mask ^ reference[region.window]) <= 0.03 * reference.sum()
    assert not (region.mask & ~region.hull_mask).any()


def test_hull_of_a_rectangle_is_the_rectangle():
    mask = np.zeros((20, 30), bool)
    mask[4:10, 5:25] = True
    region = Region(mask)
    assert region.hull_area == region.area == 120
    assert np.array_equal(region.hull_mask, region.mask)
    assert region.window == (slice(2, 12), slice(3, 27))
    assert region.feret == pytest.approx((math.hypot(20, 6), 6))


@pytest.mark.parametrize("radius", [5, 12, 30])
def test_disc(radius):
    region = Region(disc(radius))
    assert region.area == pytest.approx(math.pi * radius**2, rel=0.05)
    assert region.perimeter == pytest.approx(2 * math.pi * radius, rel=0.06)
    assert region.feret[0] == pytest.approx(2 * radius + 1, rel=0.05)
    assert abs(region.harmonics[1]) == pytest.approx(radius, abs=0.6)  # pixel centres lie half a px inside
    assert abs(region.harmonics[2:-2]).max() < 0.2


def test_squared_distance_is_exact():
    mask = np.random.default_rng(3).random((24, 31)) < 0.9
    outside = np.argwhere(~mask)
    expected = [[((outside - (y, x)) ** 2).sum(axis=1).min() for x in range(31)] for y in range(24)]
    assert np.array_equal(squared_distance(mask.view(np.uint8)), np.array(expected))


def test_parts_and_holes():
    pixels = np.zeros((12, 12), np.uint8)
    pixels[1:6, 1:6] = 1
    pixels[3, 3] = 0
    pixels[8:10, 8:10] = 1
    _, areas = label(pixels)
    assert areas.tolist() == [0, 24, 4]
    assert part_areas(pixels, 5) == [24]
    assert filled(pixels).sum() == 29


def test_perimeter_of_a_single_px_is_nothing():
    pixels = np.zeros((3, 3), np.uint8)
    pixels[1, 1] = 1
    assert perimeter(pixels) == 0.0
