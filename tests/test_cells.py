"""From a photograph to views: every cell of a rendered field is found, outlined and shown in the middle of its view."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from lowcost.bundle import Bundle
from lowcost.cells import CellFinder, Found
from lowcost.evaluation.segmentation import dice
from lowcost.optics import Optics
from lowcost.result import Scale
from lowcost.segmentation.geometry import fill_polygon
from lowcost.synth import RenderedField
from tests import fields


@cache
def finder() -> CellFinder:
    return CellFinder(Bundle.load())


def given(field: RenderedField) -> Scale:
    return Scale(*field.um_per_px, "given", 1.0)


@cache
def preset(name: str, seed: int) -> tuple[Optics, Found]:
    optics = finder().optics(fields.preset(name, seed).pixels)
    return optics, finder().find(optics)


def found_in(pixels: NDArray[np.uint8], scale: Scale | None = None) -> Found:
    return finder().find(finder().optics(np.ascontiguousarray(pixels), scale))


def boxes(found: Found) -> list[tuple[int, int, int, int]]:
    return [view.box for view in found.views]


# ---------------------------------------------------------------- against the truth


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_every_cell_is_found_and_nothing_else(name: str, seed: int) -> None:
    field = fields.preset(name, seed)
    optics, found = preset(name, seed)
    assert optics.quality.verdict == "accepted"
    matching = fields.matched(field, boxes(found))
    assert not matching.missed
    assert not matching.spurious


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_outlines_cover_their_cells(name: str, seed: int) -> None:
    field = fields.preset(name, seed)
    _, found = preset(name, seed)
    cells, nuclei = [], []
    for i, j in fields.matched(field, boxes(found)).pairs:
        mask, view = field.instances == field.leukocytes[i].id, found.views[j]
        cells.append(dice(fill_polygon(np.array(view.polygon), mask.shape), mask))
        nucleus = np.zeros(mask.shape, bool)
        for part in view.nucleus_polygons:
            nucleus |= fill_polygon(np.array(part), mask.shape)
        nuclei.append(dice(nucleus, field.nucleus & mask))
    assert np.mean(cells) > 0.93
    assert min(cells) > 0.85
    assert np.mean(nuclei) > 0.85


def test_a_crowd_of_touching_blasts_is_counted() -> None:
    field = fields.preset("leukemia", 4)
    _, found = preset("leukemia", 4)
    matching = fields.matched(field, boxes(found), "centre")
    assert not matching.missed
    assert not matching.spurious


def test_stain_vectors_tell_chromatin_from_haemoglobin() -> None:
    field = fields.preset("clinic", 3)
    _, found = preset("clinic", 3)
    for name, painted in (
        ("chromatin", field.settings.stain.chromatin),
        ("haemoglobin", field.settings.stain.red_cell),
    ):
        unit = np.array(painted) / np.linalg.norm(painted)
        assert float(unit @ found.stain_vectors[name]) > np.cos(np.deg2rad(8))


# ---------------------------------------------------------------- views


@pytest.mark.parametrize(("name", "seed"), [("clinic", 3), ("squeezed", 1)])
def test_a_view_shows_its_cell_whole_and_in_the_middle(name: str, seed: int) -> None:
    _, found = preset(name, seed)
    size = finder().resampling.view_px
    for view in found.views:
        assert view.pixels.shape == (size, size, 3)
        assert view.pixels.dtype == np.uint8
        assert view.nucleus.dtype == view.cell.dtype == bool
        assert view.nucleus.shape == view.cell.shape == (size, size)
        assert view.nucleus.any()
        assert not (view.nucleus & ~view.cell).any()
        rows, columns = np.nonzero(view.cell)
        if not view.touches_edge:
            assert abs((rows.min() + rows.max() + 1) / 2 - size / 2) < 4
            assert abs((columns.min() + columns.max() + 1) / 2 - size / 2) < 4


def test_views_have_the_fixed_scale_whatever_the_photograph_s() -> None:
    fine = fields.row()
    coarse = cv2.resize(fine.pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    scale = Scale(0.2, 0.2, "given", 1.0)
    areas = [
        [int(view.cell.sum()) for view in found_in(pixels, ruler).views]
        for pixels, ruler in ((fine.pixels, given(fine)), (coarse, scale))
    ]
    assert len(areas[0]) == len(areas[1]) == len(fine.leukocytes)
    assert areas[1] == pytest.approx(areas[0], rel=0.1)
    truth = {item.id: np.count_nonzero(fine.instances == item.id) * 0.12**2 for item in fine.leukocytes}
    assert sorted(areas[0]) == pytest.approx([area / 0.125**2 for area in sorted(truth.values())], rel=0.2)


def test_squeezed_pixels_are_straightened_in_the_view() -> None:
    field = fields.row()
    squeezed = cv2.resize(field.pixels, None, fx=0.6, fy=1.0, interpolation=cv2.INTER_AREA)
    plain = found_in(field.pixels, given(field))
    straightened = found_in(squeezed, Scale(0.2, 0.12, "given", 1.0))
    assert len(straightened.views) == len(plain.views)
    for one, other in zip(plain.views, straightened.views, strict=True):
        assert dice(one.cell, other.cell) > 0.93
        x0, y0, x1, y1 = one.box
        assert other.box == pytest.approx((0.6 * x0, y0, 0.6 * x1, y1), abs=3)


def test_the_background_of_a_view_is_white() -> None:
    _, found = preset("casts", 3)
    white = finder().resampling.white
    for view in found.views:
        for channel in range(3):
            levels = np.bincount(view.pixels[..., channel].ravel(), minlength=256)
            assert abs(int(levels[white - 25 :].argmax()) + white - 25 - white) <= 5


def test_boxes_and_polygons_lie_on_the_photograph() -> None:
    for name, seed in fields.CLEAN:
        optics, found = preset(name, seed)
        height, width = optics.pixels.shape[:2]
        for view in found.views:
            x0, y0, x1, y1 = view.box
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            polygon = np.array(view.polygon)
            assert (polygon >= (x0, y0)).all()
            assert (polygon <= (x1, y1)).all()
            # The box is the smallest that holds the polygon.
            assert np.floor(polygon.min(axis=0)) == pytest.approx((x0, y0))
            assert np.ceil(polygon.max(axis=0)) == pytest.approx((x1, y1))
        for x0, y0, x1, y1 in found.platelets:
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height


def test_a_speck_within_a_cell_is_part_of_it_and_one_beside_it_a_platelet() -> None:
    pixels = np.full((480, 640, 3), 235, np.uint8)
    cv2.circle(pixels, (320, 240), 80, (200, 190, 215), cv2.FILLED)  # cytoplasm, 16 um across
    cv2.circle(pixels, (290, 240), 35, (90, 40, 140), cv2.FILLED)
    for x in (370, 480):
        cv2.circle(pixels, (x, 240), 12, (90, 40, 140), cv2.FILLED)
    for x in range(40, 640, 90):
        for y in (40, 440):
            cv2.circle(pixels, (x, y), 35, (215, 165, 170), cv2.FILLED)
    found = found_in(pixels, Scale(0.1, 0.1, "given", 1.0))
    assert len(found.views) == 1
    (platelet,) = found.platelets
    assert 465 <= platelet[0] < platelet[2] <= 495


# ---------------------------------------------------------------- edges and round fields


def test_cells_cut_by_the_edge_are_found_and_flagged() -> None:
    field = fields.cut()
    found = found_in(field.pixels, given(field))
    matching = fields.matched(field, boxes(found), "centre")
    assert not matching.missed
    assert sum(item.touches_edge for item in field.leukocytes) >= 3
    for i, j in matching.pairs:
        assert found.views[j].touches_edge == field.leukocytes[i].touches_edge


def test_cells_in_a_round_field_are_found_and_those_it_cuts_are_flagged() -> None:
    field = fields.eyepiece(0.75)
    optics = finder().optics(field.pixels, given(field))
    assert (optics.light.mask & ~field.aperture).mean() < 0.01
    found = finder().find(optics)
    matching = fields.matched(field, boxes(found), "centre")
    whole = [i for i, item in enumerate(field.leukocytes) if not item.touches_edge]
    assert not matching.spurious
    assert not set(whole) & set(matching.missed)
    for i, j in matching.pairs:
        if field.leukocytes[i].touches_edge:
            assert found.views[j].touches_edge
        # What lies outside the round field is white, not black.
        assert found.views[j].pixels.max(axis=2).min() > 30


def test_small_dark_corners_are_no_cells_and_hide_none() -> None:
    field = fields.preset("eyepiece", 1)
    assert 0 < (~field.aperture).mean() < 0.01
    _, found = preset("eyepiece", 1)
    matching = fields.matched(field, boxes(found), "centre")
    assert not matching.missed
    assert not matching.spurious


@pytest.mark.parametrize(("inner", "outer"), [(18.0, 21.0), (20.0, 26.0), (26.0, 31.0), (31.0, 35.0)])
def test_the_rim_of_a_bubble_is_no_cell(inner: float, outer: float) -> None:
    found = found_in(fields.ring(inner, outer), Scale(0.12, 0.12, "given", 1.0))
    for x0, y0, x1, y1 in boxes(found):
        assert max(x1 - x0, y1 - y0) * 0.12 < 30
        assert min(x1 - x0, y1 - y0) * 0.12 > 4


def test_a_ring_wider_than_a_view_is_an_artefact() -> None:
    found = found_in(fields.ring(26.0, 31.0), Scale(0.12, 0.12, "given", 1.0))
    assert len(found.artefacts) == 1
    x0, y0, x1, y1 = found.artefacts[0]
    assert (x0 + x1) / 2 == pytest.approx(400, abs=12)
    assert (y1 - y0) * 0.12 == pytest.approx(62, abs=3)


# ---------------------------------------------------------------- symmetries and repetition


@pytest.mark.parametrize("turn", ["mirrored", "upside down", "turned"])
def test_a_turned_photograph_has_the_turned_boxes(turn: str) -> None:
    field = fields.row()
    height, width = field.pixels.shape[:2]
    plain = boxes(found_in(field.pixels, given(field)))
    turned, back = {
        "mirrored": (field.pixels[:, ::-1], lambda x0, y0, x1, y1: (width - x1, y0, width - x0, y1)),
        "upside down": (field.pixels[::-1], lambda x0, y0, x1, y1: (x0, height - y1, x1, height - y0)),
        "turned": (np.rot90(field.pixels), lambda x0, y0, x1, y1: (width - y1, x0, width - y0, x1)),
    }[turn]
    others = sorted(back(*box) for box in boxes(found_in(turned, given(field))))
    assert len(others) == len(plain)
    for one, other in zip(sorted(plain), others, strict=True):
        assert np.abs(np.subtract(one, other)).max() <= 5
        assert np.abs(np.subtract(one, other)).mean() <= 2.5


def test_the_same_photograph_gives_the_same_bytes() -> None:
    pixels = fields.row().pixels
    first, second = found_in(pixels), found_in(pixels.copy())
    assert boxes(first) == boxes(second)
    assert first.stain_vectors == second.stain_vectors
    for one, other in zip(first.views, second.views, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_array_equal(one.cell, other.cell)
        assert one.polygon == other.polygon
        assert one.nucleus_polygons == other.nucleus_polygons


def test_the_photograph_is_left_alone() -> None:
    pixels = fields.row().pixels.copy()
    pixels.setflags(write=False)
    found_in(pixels)
    np.testing.assert_array_equal(pixels, fields.row().pixels)


def test_a_large_photograph_is_searched_in_a_shrunk_one() -> None:
    field = fields.row()
    large = np.repeat(np.repeat(field.pixels, 4, axis=0), 4, axis=1)
    optics = finder().optics(large)
    assert optics.factor > 1
    assert optics.balanced.shape[0] == large.shape[0] // optics.factor
    assert optics.scale.um_per_px_x == pytest.approx(0.03, rel=0.08)
    matching = fields.matched(field, [tuple(value / 4 for value in box) for box in boxes(finder().find(optics))])
    assert not matching.missed
    assert not matching.spurious


def test_a_field_too_large_for_the_detection_scale_is_searched_at_a_coarser_one() -> None:
    field = fields.row()
    bounded = finder()
    bounded.resampling = replace(bounded.resampling, detection_pixels=12_000)
    found = bounded.find(bounded.optics(field.pixels, given(field)))
    matching = fields.matched(field, boxes(found))
    assert not matching.missed
    assert not matching.spurious
