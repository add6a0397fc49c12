"""Outlines, hulls, distances and fillings in Java are those of OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lowcost.features.geometry import fill_convex, filled, squared_distance


def drawn() -> dict[str, np.ndarray]:
    """Masks with an empty border, from one px to a frame around the whole image."""
    masks = {"one px": np.zeros((5, 4), bool), "nested": np.zeros((40, 50), bool)}
    masks["one px"][2, 2] = True
    for inset in range(2, 18, 3):  # rings within rings: all but the outermost lie in a hole
        masks["nested"][inset:-inset, inset:-inset] ^= True
    for name, shape in {"row": (1, 9), "column": (7, 1), "square": (6, 6)}.items():
        masks[name] = np.pad(np.ones(shape, bool), 2)
    masks["diagonal"] = np.pad(np.eye(9, dtype=bool), 1)
    masks["frame"] = np.ones((12, 15), bool)
    masks["frame"][0, 0] = False
    random = np.random.default_rng(4)
    for share in (0.05, 0.3, 0.5, 0.6, 0.9):
        for height, width in ((3, 70), (33, 47), (64, 64), (70, 3)):
            noise = random.random((height, width)) < share
            noise[0, 0] = False
            noise[-1, -1] = True
            masks[f"noise {share} {height}x{width}"] = noise
    for spread in (3, 6):
        blobs = cv2.GaussianBlur(random.standard_normal((90, 120)), (0, 0), spread) > 0
        blobs[0, 0] = False
        masks[f"blobs {spread}"] = blobs
    return masks


def around(corners):
    """The corners in their order, from the first in reading order on: what is filled hangs on which way they go."""
    first = corners.index(min(corners))
    return corners[first:] + corners[:first]


@pytest.mark.parametrize(("name", "mask"), drawn().items(), ids=lambda item: item if isinstance(item, str) else "")
def test_shapes(java, name, mask):
    found = java("raster.shape", image=mask)
    pixels = mask.view(np.uint8)
    for kind, lengths, mode in (
        ("outlines", "lengths", cv2.CHAIN_APPROX_NONE),
        ("corners", "corner_lengths", cv2.CHAIN_APPROX_SIMPLE),
    ):
        expected, _ = cv2.findContours(pixels, cv2.RETR_EXTERNAL, mode)
        assert found[lengths].tolist() == [2 * len(points) for points in expected]
        assert found[kind].tolist() == np.concatenate(expected).ravel().tolist()
    assert np.array_equal(found["distance"], squared_distance(pixels))
    assert np.array_equal(found["filled"], filled(pixels))
    points = np.stack(np.nonzero(mask)[::-1], axis=1).astype(np.int32)
    hull = cv2.convexHull(points)[:, 0]
    assert around(found["hull"].reshape(-1, 2).tolist()) == around(hull.tolist())
    if name not in ("one px", "row"):
        assert np.array_equal(found["convex"], fill_convex(hull.astype(np.int64), mask.shape))
