"""Filters, morphology and components in Java give what OpenCV gives."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.android_bridge.optics import same

BORDERS = {
    "CONSTANT": cv2.BORDER_CONSTANT,
    "REPLICATE": cv2.BORDER_REPLICATE,
    "REFLECT_101": cv2.BORDER_REFLECT_101,
}
SIZES = ((1, 1), (1, 9), (7, 1), (2, 3), (5, 5), (17, 40), (64, 33), (9, 200), (12, 128))


def grey(size, seed=0):
    return np.random.default_rng([seed, *size]).integers(0, 256, size, dtype=np.uint8)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("side", [1, 3, 5, 11])
def test_sums_over_boxes(java, border, side):
    for size in SIZES:
        if border == "REFLECT_101" and min(size) <= side // 2:
            continue  # OpenCV mirrors no image that is smaller than the reach of the filter
        image = grey(size, side)
        found = java("raster.box_sum", image=image, side=side, border=border)
        other = 1000 - image.astype(np.float64)
        for name, values in (("bytes", image.astype(np.float64)), ("shorts", other), ("integers", other)):
            sums = cv2.boxFilter(values, cv2.CV_64F, (side, side), normalize=False, borderType=BORDERS[border])
            same(found[name], sums.astype(np.int32), f"{name} {size}")


def disc(radius):
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= radius * radius).astype(np.uint8)


ELEMENTS = {
    "point": np.ones((1, 1), np.uint8),
    "cross": cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)),
    "square 3": np.ones((3, 3), np.uint8),
    "square 9": np.ones((9, 9), np.uint8),
    "wide": np.ones((1, 7), np.uint8),
    "tall": np.ones((7, 1), np.uint8),
    "disc": disc(4),
    "ring with its centre": disc(6) - np.pad(disc(4), 2) + np.pad(disc(1), 5),
    "diagonals": np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], np.uint8),
    "very wide": np.ones((1, 161), np.uint8),
    "larger than some images": np.ones((31, 31), np.uint8),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_morphology(java, name):
    element = ELEMENTS[name]
    for size in SIZES:
        for image in (grey(size), np.full(size, 255, np.uint8), np.where(grey(size, 5) < 40, grey(size), 0)):
            image = np.asarray(image, np.uint8)
            mask = (image > 0).astype(np.uint8)
            found = java("raster.morphology", image=image, element=element)
            expected = {
                "dilated": cv2.dilate(image, element),
                "eroded": cv2.erode(image, element),
                "top_hat": cv2.morphologyEx(image, cv2.MORPH_TOPHAT, element),
                "bottom_hat": cv2.morphologyEx(image, cv2.MORPH_BLACKHAT, element),
                "mask_dilated": cv2.dilate(mask, element),
                "mask_eroded": cv2.erode(mask, element),
                "mask_opened": cv2.morphologyEx(mask, cv2.MORPH_OPEN, element),
            }
            for operation, values in expected.items():
                same(found[operation], values, f"{operation} {size}")


def masks():
    for size in (*SIZES, (3, 4), (100, 141)):
        for share in (0.1, 0.35, 0.5, 0.65, 0.9):
            yield np.random.default_rng([*size, int(100 * share)]).random(size) < share
    comb = np.zeros((40, 61), bool)  # parts that meet only in the last row
    comb[:, ::2] = True
    comb[-1] = True
    yield comb
    yield ~comb
    spiral = np.zeros((41, 41), bool)
    for edge in range(0, 20, 2):
        spiral[edge, edge : 41 - edge] = spiral[edge : 41 - edge, 40 - edge] = True
        spiral[40 - edge, edge : 41 - edge] = spiral[edge + 2 : 41 - edge, edge] = True
    yield spiral
    yield np.indices((20, 21)).sum(axis=0) % 2 > 0
    yield np.zeros((5, 6), bool)
    yield np.ones((6, 5), bool)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_components_and_their_numbers(java, connectivity):
    for mask in masks():
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=connectivity)
        found = java("raster.components", image=mask, connectivity=connectivity)
        same(found["labels"], labels, f"labels {mask.shape}")
        left, top, width, height, area = stats[1:].T
        same(found["boxes"], np.stack([left, top, left + width, top + height], axis=1), "boxes")
        assert found["areas"][1:].tolist() == area.tolist()
