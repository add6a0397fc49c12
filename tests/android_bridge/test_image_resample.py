"""Samples and windows in Java are those of `lowcost.image.resample` and `lowcost.image.window`, byte for byte."""

from __future__ import annotations

import numpy as np
import pytest

from lowcost.image.resample import sample
from lowcost.image.window import nearest, shifted
from tests.android_bridge.optics import same

GRIDS = (
    (0.0, 0.0, 1.0, 1.0),
    (0.0, 0.0, 3.3, 2.7),
    (-40.25, 17.5, 0.31, 0.37),
    (30.1, -22.0, 5.9, 0.8),
    (-500.0, -500.0, 1.7, 1.7),
    (11.111, 7.77, 1.0000001, 0.9999999),
)


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(3).integers(0, 256, (61, 83, 3), dtype=np.uint8)


@pytest.mark.parametrize("grid", GRIDS)
def test_samples(java, image, grid):
    for size in ((1, 1), (40, 30), (90, 129)):
        found = java("image.sample", image=image, grid=np.array(grid), size=np.array(size, np.int32), fill=211)
        expected = sample(image, *grid, *size, 211)
        same(found["pixels"], expected, f"{size}")
        same(found["green"], expected[..., 1], f"green {size}")


@pytest.mark.parametrize("grid", GRIDS)
def test_nearest_pixels(java, grid):
    labels = np.random.default_rng(4).integers(0, 3, (61, 83), dtype=np.int32)
    size = (70, 50)
    found = java("image.nearest", labels=labels, grid=np.array(grid), size=np.array(size, np.int32))
    same(found["labels"], nearest(labels, *grid, *size), "labels")
    same(found["mask"], nearest(labels > 0, *grid, *size), "mask")


@pytest.mark.parametrize(("x", "y"), [(0, 0), (5, -7), (-82, 60), (83, 1), (-3, 61), (200, -200)])
def test_moved_windows(java, image, x, y):
    found = java("image.shifted", image=image, x=x, y=y, fill=240)
    inside = abs(x) < 83 and abs(y) < 61
    same(found["pixels"], shifted(image, x, y, 240) if inside else np.full_like(image, 240), "pixels")
    mask = image[..., 0] > 0
    same(found["mask"], shifted(mask, x, y, False) if inside else np.zeros_like(mask), "mask")
