from __future__ import annotations

import numpy as np
import pytest

from lowcost import Analyzer, wholeslide
from lowcost.errors import InputError
from lowcost.wholeslide import overview
from lowcost.wholeslide.region import MONOLAYER, THICK, THIN
from tests.wholeslide import slides
from tests.wholeslide.slides import EDGE, GLASS, UM_PER_PX, WHITE

SMEAR = [
    [slides.GLASS, slides.GLASS, slides.GLASS, slides.GLASS, slides.GLASS],
    [slides.THICK, slides.THICK, slides.MONOLAYER, slides.FEATHERED, slides.GLASS],
    [slides.THICK, slides.THICK, slides.MONOLAYER, slides.FEATHERED, slides.GLASS],
]
ZONE = {slides.MONOLAYER: MONOLAYER, slides.THICK: THICK, slides.FEATHERED: THIN}


@pytest.fixture
def one_tile_a_block(monkeypatch):
    """Cores are as large as blocks."""
    monkeypatch.setattr(overview, "TILE_PX", EDGE + 2 * round(overview.HALO_UM / UM_PER_PX))


@pytest.fixture(scope="module")
def smear(tmp_path_factory):
    return slides.written(tmp_path_factory.mktemp("smear"), slides.zones(), SMEAR)


def block(region):
    return SMEAR[(region.y + region.core[1]) // EDGE][(region.x + region.core[0]) // EDGE]


def test_the_monolayer_is_found_and_taken(one_tile_a_block, smear):
    found = wholeslide.regions(smear)
    assert [(region.x + region.core[0], region.y + region.core[1]) for region in found] == [
        (2 * EDGE, EDGE),
        (2 * EDGE, 2 * EDGE),
    ]
    assert {region.zone for region in found} == {MONOLAYER}
    assert {region.um_per_px for region in found} == {(UM_PER_PX, UM_PER_PX)}


def test_every_zone_is_told_and_empty_glass_left_out(one_tile_a_block, smear):
    found = wholeslide.regions(smear, everywhere=True)
    assert len(found) == 8
    assert [region.zone for region in found] == [ZONE[block(region)] for region in found]
    assert [region.zone for region in found] == [MONOLAYER] * 2 + [THIN] * 2 + [THICK] * 4


def test_the_white_point_is_that_of_the_slide_whatever_was_not_scanned(one_tile_a_block, smear, tmp_path):
    fills = [np.full((EDGE, EDGE, 3), value, np.uint8) for value in (255, 0)]
    patched = slides.written(tmp_path, (slides.zones()[slides.MONOLAYER], *fills), [[1, 1, 1], [1, 0, 2], [2, 2, 2]])
    for path in (smear, patched):
        (white,) = {region.white for region in wholeslide.regions(path)}
        assert white == pytest.approx(WHITE, abs=3)


def test_a_tile_that_was_scanned_in_part(one_tile_a_block, tmp_path):
    whole = slides.field(2, 0.3, 14)
    cut = whole.pixels.copy()
    cut[:, EDGE // 2 :] = 0
    path = slides.written(tmp_path, (whole.pixels, cut), [[1, 0]])
    part, _ = wholeslide.regions(path)
    assert (part.zone, part.white) == (MONOLAYER, pytest.approx(WHITE, abs=3))
    found = wholeslide.field(Analyzer.load(), path, part)
    boxes = [cell.box for cell in found.cells if cell.is_leukocyte and cell.box[2] < EDGE // 2]
    assert len(boxes) == sum(item.box[2] < EDGE // 2 for item in whole.leukocytes)


def test_a_slide_without_a_monolayer_is_analysed_where_it_shows_cells(one_tile_a_block, tmp_path):
    thick = slides.written(tmp_path, slides.zones(), [[slides.FEATHERED, slides.FEATHERED, slides.GLASS]])
    assert [region.zone for region in wholeslide.regions(thick)] == [THIN, THIN]


def test_a_slide_that_shows_nothing(tmp_path):
    path = slides.written(tmp_path, slides.zones(), [[GLASS, GLASS]])
    with pytest.raises(InputError, match=r"^slide.ome.tif shows no cells: nothing on it is darker"):
        wholeslide.regions(path)


@pytest.mark.parametrize("tile", [500, 777, 3456])
def test_cores_cover_the_slide_once_and_tiles_reach_a_halo_beyond(tile, monkeypatch, tmp_path):
    monkeypatch.setattr(overview, "TILE_PX", tile)
    block = (slides.zones()[slides.MONOLAYER],)
    path = slides.written(tmp_path, block, [[0, 0], [0, 0]])
    owned = np.zeros((2 * EDGE, 2 * EDGE), int)
    halo = int(overview.HALO_UM / UM_PER_PX)
    for region in wholeslide.regions(path, everywhere=True):
        x0, y0, x1, y1 = region.core
        owned[region.y + y0 : region.y + y1, region.x + x0 : region.x + x1] += 1
        assert max(region.width, region.height) <= tile
        assert region.x == 0 or x0 >= halo
        assert region.x + region.width == 2 * EDGE or region.width - x1 >= halo
    assert (owned == 1).all()
