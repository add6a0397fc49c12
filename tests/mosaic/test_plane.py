"""Fields cut from one rendered plane, each with light and noise of its own."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from lowcost import Analyzer, mosaic, synth
from lowcost.bundle import Bundle
from lowcost.image import illumination
from lowcost.image.reading import read
from lowcost.mosaic import plane

WIDTH, HEIGHT = 480, 400
CORNERS = [(0, 0), (390, 6), (785, 0), (4, 320), (396, 324), (780, 330)]


@cache
def smear():
    cells = {"lymphocyte": 8, "neutrophil_segmented": 10, "monocyte": 4}
    return synth.render(4, width=1265, height=730, um_per_px=0.12, cells=cells)


@cache
def fields():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    made = []
    for left, top in CORNERS:
        light = (1 - 0.08 * (x * x + y * y) + 0.03 * x) * rng.uniform(0.92, 1.0)
        seen = smear().pixels[top : top + HEIGHT, left : left + WIDTH] * light[..., None]
        made.append(np.clip(seen + rng.normal(0, 1.5, seen.shape), 0, 255).astype(np.uint8))
    return made


def thumb(pixels):
    return mosaic.Thumb.of(pixels, Bundle.load().section("illumination", illumination.Parameters))


@cache
def stranger():
    return synth.render(9, width=WIDTH, height=HEIGHT, um_per_px=0.12, cells={"lymphocyte": 3}).pixels


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (4, 0, 5, 2, 3, 1)])
def test_fields_in_any_order_are_placed_within_two_px_of_the_truth(order):
    places = mosaic.place([thumb(fields()[index]) for index in order])
    assert {place.plane for place in places} == {0}
    first = CORNERS[order[0]]
    for place, index in zip(places, order, strict=True):
        assert (place.x, place.y) == pytest.approx(np.subtract(CORNERS[index], first), abs=2.0)


def test_a_thumb_is_packed_without_loss():
    own = thumb(fields()[2])
    again = mosaic.Thumb.unpacked(own.packed(), HEIGHT, WIDTH)
    np.testing.assert_array_equal(again.darkness, own.darkness)
    assert again.step == own.step


def test_fields_that_overlap_none_lie_alone():
    places = mosaic.place([thumb(pixels) for pixels in (fields()[0], stranger(), fields()[1])])
    assert [place.plane for place in places] == [0, 1, 0]
    assert (places[1].x, places[1].y) == (0, 0)


def test_fields_of_other_sizes_and_empty_ones_lie_alone():
    blank = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    large = synth.render(1, width=900, height=700, um_per_px=0.12).pixels
    places = mosaic.place([thumb(pixels) for pixels in (blank, fields()[0], large, blank[:300])])
    assert [place.plane for place in places] == [0, 1, 2, 3]
    assert mosaic.place([]) == []


def test_a_pair_that_contradicts_the_others_is_left_out(monkeypatch):
    """Four fields in a square; one pair of neighbours claims another shift than the way round the square says."""
    true = plane._pairs([thumb(fields()[index]) for index in (0, 1, 3, 4)])
    assert len(true) >= 4
    wrong = [plane._Pair(0, 3, plane.Shift(3, 60, 0.86, 3000))]
    monkeypatch.setattr(plane, "_pairs", lambda thumbs: true + wrong)
    places = mosaic.place([thumb(fields()[index]) for index in (0, 1, 3, 4)])
    for place, index in zip(places, (0, 1, 3, 4), strict=True):
        assert (place.x, place.y) == pytest.approx(CORNERS[index], abs=2.0)


def test_every_cell_of_the_plane_counts_once():
    analyzer = Analyzer.load()
    found = [analyzer.field(read(pixels), um_per_px=0.12) for pixels in fields()]
    once = mosaic.unique(found, mosaic.place([thumb(pixels) for pixels in fields()]))
    before, after = (sum(cell.is_leukocyte for field in some for cell in field.cells) for some in (found, once))
    assert before > len(smear().leukocytes) == after


def test_photographs_of_one_place_are_known_among_others(shared_data):
    names = ("20161113_203758", "20190111_045332", "20161113_203815", "20190111_045338", "20190111_045520")
    places = mosaic.place([thumb(read(shared_data / "phone_leukemia" / f"{name}.jpg").pixels) for name in names])
    assert [place.plane for place in places] == [0, 1, 0, 1, 2]
