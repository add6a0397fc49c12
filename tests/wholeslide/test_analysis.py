"""The cells of a slide against those of the same pixels as one photograph, and against the truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lowcost import Analyzer, wholeslide
from lowcost.export import geojson
from lowcost.image.reading import read
from lowcost.wholeslide import Region, analysis, overview
from lowcost.wholeslide.region import MONOLAYER
from tests.smears import cell, field
from tests.wholeslide import slides
from tests.wholeslide.slides import EDGE, UM_PER_PX

LAYOUT = [[0, 1], [1, 0]]
LEFT = Region(0, 0, 600, 400, 0, 1.0, (0, 0, 500, 400), (0.25, 0.25), (240, 240, 240), MONOLAYER)
RIGHT = dataclasses.replace(LEFT, x=400, core=(100, 0, 600, 400))


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer.load()


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    return slides.written(
        tmp_path_factory.mktemp("slide"), (*(slides.field(seed, 0.3, 14).pixels for seed in (1, 2)),), LAYOUT
    )


@pytest.fixture(scope="module")
def tiles(analyzer, slide):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overview, "TILE_PX", 620)
        regions = wholeslide.regions(slide, everywhere=True)
    assert len(regions) == 16
    return [(wholeslide.field(analyzer, slide, region), region) for region in regions]


def middles(tiles):
    """Middles of the leukocytes on the slide, px."""
    found = []
    for each, region in tiles:
        boxes = [cell.box for cell in each.cells if cell.is_leukocyte]
        found += [(region.x + (x0 + x1) / 2, region.y + (y0 + y1) / 2) for x0, y0, x1, y1 in boxes]
    return sorted(found)


def test_every_cell_counts_once_as_on_one_photograph(analyzer, slide, tiles):
    truth = sorted(
        (column * EDGE + (x0 + x1) / 2, row * EDGE + (y0 + y1) / 2)
        for row, blocks in enumerate(LAYOUT)
        for column, block in enumerate(blocks)
        for x0, y0, x1, y1 in (item.box for item in slides.field(block + 1, 0.3, 14).leukocytes)
    )
    merged = wholeslide.merge(tiles)
    found = middles([(each, by_name[each.name]) for by_name in [_by_name(tiles)] for each in merged])
    assert len(middles(tiles)) > len(found) == len(truth) == 56
    assert np.abs(np.array(found) - truth).max() < 2.0 / UM_PER_PX
    with wholeslide.Slide(slide) as opened:
        whole = analyzer.field(read(opened.read(0, 0, opened.width, opened.height)), um_per_px=UM_PER_PX)
    assert sum(cell.is_leukocyte for cell in whole.cells) == len(found)


def _by_name(tiles):
    return {found.name: region for found, region in tiles}


def test_the_order_of_tiles_does_not_matter(tiles):
    once = wholeslide.merge(tiles)
    assert wholeslide.merge(tiles[::-1]) == once
    assert wholeslide.merge(tiles[5:] + tiles[:5]) == once


def test_all_tiles_have_the_light_and_the_scale_of_the_slide(tiles):
    assert len({found.white_point for found, _ in tiles}) == 1
    assert {(found.scale.um_per_px_x, found.scale.source) for found, _ in tiles} == {(UM_PER_PX, "metadata")}
    assert tiles[0][0].name == "slide.ome.tif [x=0 y=0 w=480 h=480 level=0]"


def test_a_given_scale_is_not_blamed_on_the_file(analyzer, slide):
    region = wholeslide.regions(slide, 0.1)[0]
    assert Region.parse(str(region)) == region
    found = wholeslide.field(analyzer, slide, region)
    assert (found.scale.um_per_px_x, found.scale.source) == (0.1, "given")
    (reason,) = (reason for reason in found.reasons if "um per px" in reason)
    assert "given 0.1 um per px, but the red cells measure" in reason


def test_a_tile_keeps_what_lies_in_its_core_or_just_beyond():
    margin = analysis.MARGIN_UM / 0.25
    kept = [analysis._is_own(cell(1, x=x, y=200, radius=20), LEFT) for x in (10, 499, 500 + margin, 501 + margin)]
    assert kept == [True, True, True, False]


def test_a_cell_on_the_border_of_two_tiles_counts_once():
    here, there = cell(1, x=499, y=200, radius=30), cell(2, x=103, y=202, radius=29)
    once = wholeslide.merge([(field([there]), RIGHT), (field([here, cell(2, x=100)]), LEFT)])
    assert [[found.id for found in each.cells] for each in once] == [[1, 2], []]


def test_cells_that_touch_across_a_border_both_stay():
    here, there = cell(1, x=480, y=200, radius=30), cell(2, x=120, y=240, radius=30)
    once = wholeslide.merge([(field([here]), LEFT), (field([there]), RIGHT)])
    assert [len(each.cells) for each in once] == [1, 1]


def test_a_slide_as_one_field_has_its_own_px():
    left, right = (dataclasses.replace(region, level=1, downsample=4.0) for region in (LEFT, RIGHT))
    blurred = dataclasses.replace(field([cell(1, x=300, y=100, radius=30)], verdict="doubtful"), reasons=("blurred",))
    tiles = [(blurred, right), (field([cell(1, x=499, y=200, radius=30), cell(2, x=50)]), left)]
    whole = wholeslide.joined([(field([cell(1, x=103, y=200, radius=30)]), right), *tiles[1:]], "smear.svs")
    assert [found.id for found in whole.cells] == [1, 2]
    whole = wholeslide.joined(tiles, "smear.svs")
    assert (whole.name, whole.width, whole.height, whole.verdict) == ("smear.svs", 4000, 1600, "accepted")
    assert whole.reasons == ("blurred",)
    assert whole.scale.um_per_px_x == 0.25 / 4
    assert [found.id for found in whole.cells] == [1, 2, 3]
    moved = next(found for found in whole.cells if found.box == ((400 + 270) * 4, 70 * 4, (400 + 330) * 4, 130 * 4))
    assert moved.outline.mean(axis=0) == pytest.approx(((400 + 300) * 4, 100 * 4), abs=1)
    collection = geojson.to_dict(whole)
    assert len(collection["features"]) >= 3
