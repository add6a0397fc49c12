"""Outlines lie where the darkness crosses the threshold, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import threshold_multiotsu

from lowcost.image import outline


def disc(radius, squeeze=1.0, size=120):
    """A disc of darkness 100 whose rim is 4 px wide, like a photographed one."""
    y, x = np.mgrid[:size, :size] + 0.5
    distance = np.hypot((x - 60.3) / squeeze**0.5, (y - 59.6) * squeeze**0.5)
    return np.rint(np.clip((radius - distance) / 4 + 0.5, 0, 1) * 100).astype(np.int32)


@pytest.mark.parametrize("radius", [6.0, 10.5, 30.0])
def test_a_disc(radius):
    traced = outline.trace(disc(radius), 50, np.ones((120, 120), dtype=bool))
    x, y = traced.x - 60.3, traced.y - 59.6
    assert np.hypot(x, y) == pytest.approx(radius, abs=0.3)
    assert np.hypot(x, y).mean() == pytest.approx(radius, abs=0.1)
    # Normals point to the centre.
    assert (-(x * traced.u + y * traced.v) / radius).min() > 0.97
    assert traced.width_over_height == pytest.approx(1.0, abs=0.1)


def test_a_squeezed_disc():
    traced = outline.trace(disc(30.0, squeeze=0.6), 50, np.ones((120, 120), dtype=bool))
    assert traced.width_over_height == pytest.approx(0.6, abs=0.03)


def test_inside_and_outside():
    dark = disc(20.0)
    traced = outline.trace(dark, 50, np.ones((120, 120), dtype=bool))
    assert (dark[traced.towards(4.0)] == 100).all()
    assert (dark[traced.towards(-4.0)] == 0).all()


def test_edges_of_the_image_and_the_mask_are_no_outlines():
    dark = np.full((60, 60), 100, np.int32)
    assert len(outline.trace(dark, 50, np.ones((60, 60), dtype=bool)).x) == 0
    inside = np.zeros((60, 60), dtype=bool)
    inside[10:50, 10:50] = True
    assert len(outline.trace(np.where(inside, 100, 0).astype(np.int32), 50, inside).x) == 0


def test_darkness():
    colours = np.array([[[240, 240, 240], [255, 255, 255], [0, 0, 0], [140, 240, 240], [239, 240, 240]]], np.uint8)
    assert outline.darkness(colours).tolist() == [[0, 0, 255, 50, 0]]


def test_threshold_is_the_lower_of_three_classes():
    rng = np.random.default_rng(5)
    values = np.concatenate([rng.normal(m, 6, n) for m, n in ((8, 6000), (80, 3000), (170, 500))])
    values = np.clip(values, 0, 255).astype(np.uint8)
    expected = threshold_multiotsu(values // 2, classes=3, nbins=128)[0] * 2
    assert outline.pale_threshold(values) == pytest.approx(expected, abs=3)
    assert 20 < outline.pale_threshold(values) < 65


def test_sums():
    values = np.random.default_rng(2).integers(0, 256, (9, 11), np.uint8)
    sums = outline.sum_3x3(values)
    assert sums[4, 5] == values[3:6, 4:7].astype(int).sum()
