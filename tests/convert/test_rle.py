"""Run lengths and outlines, beside the COCO API."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from lowcost.convert import rle

api = pytest.importorskip("pycocotools.mask")

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))


@given(MASKS)
def test_run_lengths_are_those_of_the_coco_api(mask):
    written = api.encode(np.asfortranarray(mask, dtype=np.uint8))
    assert np.array_equal(rle.decode(written["counts"].decode(), written["size"]), mask)
    columns = mask.T.ravel()
    edges = np.flatnonzero(np.diff(columns)) + 1
    plain = np.diff([0, *edges, columns.size]).tolist()
    plain = [0, *plain] if columns[0] else plain
    assert np.array_equal(rle.decode(plain, mask.shape), mask)


@given(MASKS)
def test_outlines_enclose_the_pixels_of_each_part_with_its_holes(mask):
    parts, holes = rle.outlines(mask)
    labels, count = ndimage.label(mask)
    assert len(parts) == count
    background = ndimage.label(np.pad(~mask, 1, constant_values=True), np.ones((3, 3)))[1]
    assert holes == background - 1
    flat = [[value for point in part for value in point] for part in parts]
    if flat:
        painted = api.decode(api.merge(api.frPyObjects(flat, *mask.shape)))
        whole = np.zeros_like(mask)
        for number in range(1, count + 1):
            whole |= ndimage.binary_fill_holes(labels == number, ndimage.generate_binary_structure(2, 2))
        if not holes:
            assert np.array_equal(painted, whole)


def test_outlines_run_along_the_edges_of_the_pixels():
    mask = np.zeros((5, 6), np.bool_)
    mask[1:3, 2:5] = True
    assert rle.outlines(mask) == ((((2, 1), (5, 1), (5, 3), (2, 3)),), 0)


@pytest.mark.parametrize(
    ("counts", "size"),
    [([5], (2, 2)), ([-1, 5], (2, 2)), ("\x00", (2, 2)), ("o" * 40, (2, 2)), ([2**40], (2**20, 2**20)), ([1.5], ())],
)
def test_damaged_run_lengths_are_refused(counts, size):
    with pytest.raises(ValueError, match=r"."):
        rle.decode(counts, size)
