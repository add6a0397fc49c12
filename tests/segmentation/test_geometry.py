"""The exact geometry agrees with scikit-image and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt
from skimage.draw import polygon2mask
from skimage.measure import label
from skimage.morphology import convex_hull_image, disk

from lowcost.segmentation.geometry import (
    Piece,
    convex_hull,
    disc,
    fill_polygon,
    label_parts,
    squared_distance,
    squared_distance_to,
    trimmed,
    union,
)

Mask = NDArray[np.bool_]
MASKS = arrays.arrays(np.bool_, st.tuples(st.integers(1, 16), st.integers(1, 16)))


def blobs(seed: int, height: int = 60, width: int = 80) -> Mask:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    mask = np.zeros((height, width), bool)
    for _ in range(12):
        mask |= (x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2 < rng.uniform(1, 9) ** 2
    return mask


def star(rng: np.random.Generator, corners: int, x: float, y: float, radius: float) -> NDArray[np.float64]:
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = radius * rng.uniform(0.3, 1.0, corners)
    return np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=1)


# ---------------------------------------------------------------- discs and distances


@pytest.mark.parametrize("radius", range(1, 12))
def test_disc_is_that_of_scikit_image(radius: int) -> None:
    np.testing.assert_array_equal(disc(radius), disk(radius))


@given(st.floats(0.0, 12.0))
def test_disc_holds_the_px_within_its_radius(radius: float) -> None:
    element = disc(radius)
    assert element.dtype == np.uint8
    assert element.shape[0] == element.shape[1]
    reach = element.shape[0] // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    np.testing.assert_array_equal(element > 0, x**2 + y**2 <= max(1.0, radius * radius))
    np.testing.assert_array_equal(element, element.T)
    np.testing.assert_array_equal(element, element[::-1])
    # Nothing within the radius lies beyond the element.
    assert (reach + 1) ** 2 > radius * radius


@pytest.mark.parametrize("seed", range(4))
def test_squared_distance_is_that_of_scipy(seed: int) -> None:
    mask = blobs(seed)
    exact = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] ** 2
    np.testing.assert_array_equal(squared_distance(mask), np.rint(exact))


@given(MASKS)
def test_squared_distance_of_any_mask(mask: Mask) -> None:
    distance = squared_distance(mask)
    exact = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] ** 2
    np.testing.assert_array_equal(distance, np.rint(exact))
    np.testing.assert_array_equal(distance > 0, mask)


def test_squared_distance_stays_exact_over_a_wide_mask() -> None:
    mask = np.ones((401, 401), bool)
    distance = squared_distance(mask)
    rows, columns = np.mgrid[1:402, 1:402]
    nearest = np.minimum.reduce([rows, 402 - rows, columns, 402 - columns])
    np.testing.assert_array_equal(distance, nearest**2)


@given(MASKS.filter(lambda mask: mask.any()))
def test_squared_distance_to_a_mask_does_not_see_the_edge_of_the_image(mask: Mask) -> None:
    np.testing.assert_array_equal(squared_distance_to(mask), np.rint(distance_transform_edt(~mask) ** 2))


# ---------------------------------------------------------------- pieces


@given(MASKS, st.integers(1, 5))
def test_parts_are_those_of_scikit_image(mask: Mask, least: int) -> None:
    labels = label(mask, connectivity=2)
    expected = {
        tuple(np.flatnonzero(labels == number))
        for number in range(1, labels.max() + 1)
        if (labels == number).sum() >= least
    }
    found = set()
    pieces = label_parts(mask, least)
    for piece in pieces:
        drawn = np.zeros(mask.shape, bool)
        drawn[piece.window] = piece.mask
        assert piece.mask[0].any()
        assert piece.mask[-1].any()
        assert piece.mask[:, 0].any()
        assert piece.mask[:, -1].any()
        found.add(tuple(np.flatnonzero(drawn)))
    assert found == expected
    corners = [(piece.box[1], piece.box[0]) for piece in pieces]
    assert corners == sorted(corners)


@given(MASKS)
def test_the_union_of_all_parts_is_the_mask(mask: Mask) -> None:
    pieces = label_parts(mask, 1)
    if not pieces:
        assert not mask.any()
        return
    whole = union(pieces)
    drawn = np.zeros(mask.shape, bool)
    drawn[whole.window] = whole.mask
    np.testing.assert_array_equal(drawn, mask)
    again = union(pieces[::-1])
    assert again.box == whole.box
    np.testing.assert_array_equal(again.mask, whole.mask)


def test_a_trimmed_piece_keeps_its_place() -> None:
    piece = Piece((10, 20, 18, 26), np.ones((6, 8), bool))
    mask = np.zeros((6, 8), bool)
    mask[2:4, 5:8] = True
    cut = trimmed(piece, mask)
    assert cut.box == (15, 22, 18, 24)
    assert cut.mask.all()
    assert cut.mask.shape == (2, 3)


# ---------------------------------------------------------------- polygons and hulls


@pytest.mark.parametrize("seed", range(8))
def test_filled_polygons_are_those_of_scikit_image(seed: int) -> None:
    polygon = star(np.random.default_rng(seed), 12, 33.3, 28.8, 26.0)
    expected = polygon2mask((60, 70), polygon[:, ::-1] - 0.5)
    np.testing.assert_array_equal(fill_polygon(polygon, (60, 70)), expected)


@given(st.integers(0, 2**32 - 1), st.integers(3, 40))
def test_the_area_of_a_filled_polygon_is_its_area(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    polygon = star(rng, corners, 50.0 + rng.random(), 50.0 + rng.random(), 45.0)
    x, y = polygon.T
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    length = np.hypot(*(polygon - np.roll(polygon, -1, axis=0)).T).sum()
    filled = fill_polygon(polygon, (100, 100))
    assert abs(filled.sum() - area) <= 0.75 * length
    np.testing.assert_array_equal(filled, fill_polygon(polygon[::-1], (100, 100)))
    np.testing.assert_array_equal(filled, fill_polygon(np.roll(polygon, 3, axis=0), (100, 100)))


@pytest.mark.parametrize("seed", range(20))
def test_polygons_that_share_an_edge_share_no_px_and_leave_none_out(seed: int) -> None:
    corners = np.array([[0.5, 0.5], [40.5, 0.5], [40.5, 30.5], [0.5, 30.5]])
    middle = np.random.default_rng(seed).uniform((1, 1), (40, 30))
    parts = [fill_polygon(np.array([corners[i - 1], corners[i], middle]), (31, 41)) for i in range(4)]
    whole = fill_polygon(corners, (31, 41))
    assert whole.sum() == 40 * 30
    np.testing.assert_array_equal(np.sum(parts, axis=0), whole)


def test_a_rectangle_on_px_edges_is_exact() -> None:
    filled = fill_polygon(np.array([[3.0, 2.0], [9.0, 2.0], [9.0, 7.0], [3.0, 7.0]]), (10, 12))
    expected = np.zeros((10, 12), bool)
    expected[2:7, 3:9] = True
    np.testing.assert_array_equal(filled, expected)


def test_a_polygon_is_cut_by_the_image() -> None:
    filled = fill_polygon(np.array([[-50.0, -40.0], [5.0, -40.0], [5.0, 4.0], [-50.0, 4.0]]), (8, 9))
    expected = np.zeros((8, 9), bool)
    expected[:4, :5] = True
    np.testing.assert_array_equal(filled, expected)
    assert not fill_polygon(np.array([[20.0, 1.0], [30.0, 1.0], [25.0, 6.0]]), (8, 9)).any()


@given(MASKS.filter(lambda mask: mask.any()))
def test_the_convex_hull_is_that_of_scikit_image_but_for_its_border(mask: Mask) -> None:
    hull = convex_hull(mask)
    assert not (mask & ~hull).any()
    y, x = np.nonzero(mask)
    if np.linalg.matrix_rank(np.stack([x - x[0], y - y[0]])) < 2:  # a line has nothing but border
        return
    reference = convex_hull_image(mask, offset_coordinates=False)
    assert not (hull & ~reference).any()
    assert not (binary_erosion(reference, np.ones((3, 3))) & ~hull).any()


@pytest.mark.parametrize("seed", range(4))
def test_the_convex_hull_of_a_hull_is_itself_but_for_its_border(seed: int) -> None:
    hull = convex_hull(blobs(seed))
    again = convex_hull(hull)
    assert not (hull & ~again).any()
    assert not (binary_erosion(again, np.ones((3, 3))) & ~hull).any()
