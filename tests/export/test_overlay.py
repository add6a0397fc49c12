"""The overlay: marks where the cells are, on pictures of any size."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from lowcost.errors import InputError
from lowcost.export import overlay
from lowcost.export.palette import COLOURS, VERDICTS, ink_on
from lowcost.image import reading
from lowcost.result import Scale
from lowcost.taxonomy import CELL_TYPES
from tests.smears import cell, field, picture


def near(pixels, colour, tolerance=12):
    return (np.abs(pixels.astype(int) - colour) <= tolerance).all(axis=2)


def test_outline_in_the_colour_of_the_type_and_nothing_changed_in_the_input():
    shown = field([cell(1, "blast", 320, 240)])
    pixels = picture(shown)
    before = pixels.copy()
    drawn = overlay.draw(pixels, shown)
    assert (pixels == before).all()
    assert drawn.dtype == np.uint8
    assert drawn.shape[1] == 640
    assert drawn.shape[0] > 480
    ring = near(drawn, COLOURS["blast"])
    for x, y in ((360, 240), (280, 240), (320, 280)):
        assert ring[y - 1 : y + 2, x - 1 : x + 2].any()
    assert (drawn[240, 320] == before[240, 320]).all()


def test_marks_of_a_reduced_picture_lie_where_the_cell_is():
    shown = field([cell(1, "blast", 320, 240)])
    half = np.ascontiguousarray(picture(shown)[::2, ::2])
    ring = near(overlay.mark(half, shown), COLOURS["blast"])
    assert overlay.mark(half, shown).shape == half.shape
    assert ring[119:122, 179:182].any()


@pytest.mark.parametrize("kind", CELL_TYPES)
def test_every_type_has_a_colour_that_carries_letters(kind):
    def luminance(colour):
        parts = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for colour in (COLOURS[kind], *VERDICTS.values()):
        light, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("size", [(32, 32), (32, 2000), (2000, 32), (640, 480), (3000, 2000)])
@pytest.mark.parametrize("verdict", ["accepted", "rejected"])
def test_pictures_of_any_size(size, verdict):
    shown = field([cell(1, "unidentified", 16, 16, 14), cell(2, "platelet", 30, 30, 2)], verdict=verdict, size=size)
    drawn = overlay.draw(picture(shown), shown)
    assert drawn.shape[0] > size[1]
    assert drawn.shape[1] == (480 if size == (32, 32) else size[0])


def test_a_tiny_picture_is_enlarged_so_that_its_words_do_not_tower_over_it():
    shown = field([cell(1, "lymphocyte", 60, 60, 20)], size=(120, 120))
    drawn = overlay.draw(picture(shown), shown)
    assert drawn.shape[1] == 480
    assert drawn.shape[0] < 2 * 480


def test_an_object_without_an_outline_and_a_field_without_a_scale():
    bare = dataclasses.replace(cell(1), polygon=(), nucleus_polygons=())
    shown = dataclasses.replace(field([bare]), scale=Scale(0.0, 0.0, "unknown", 0.0))
    assert overlay.draw(picture(shown), shown).shape[1] == 640


def test_labels_of_touching_cells_do_not_hide_each_other():
    cells = [cell(i + 1, "lymphocyte", 200 + 60 * i, 200 + 20 * i) for i in range(4)]
    drawn = overlay.mark(picture(field()), field(cells))
    labels = cv2.connectedComponents(cv2.erode(near(drawn, COLOURS["lymphocyte"]).astype(np.uint8), np.ones((5, 9))))[0]
    assert labels - 1 >= 4


def test_crowds_are_labelled_briefly():
    kinds = list(CELL_TYPES)
    assert list(overlay._SHORT) == kinds
    canvas = ImageDraw.Draw(Image.new("RGB", (640, 480)))
    few, many = [cell(1)], [cell(i + 1) for i in range(60)]
    assert overlay._texts(canvas, (640, 480), few, [13]) == ["1 Lymphocyte"]
    assert overlay._texts(canvas, (640, 480), many, [13] * 60)[:2] == ["1 Lym", "2 Lym"]


def test_where_even_brief_labels_would_cover_the_cells_outlines_stand_alone():
    crowd = [cell(i + 1, "lymphocyte", 16 + 16 * (i % 38), 16 + 32 * (i // 38), 6) for i in range(500)]
    canvas = ImageDraw.Draw(Image.new("RGB", (640, 480)))
    assert set(overlay._texts(canvas, (640, 480), crowd, [13] * 500)) == {""}
    assert near(overlay.mark(picture(field()), field(crowd)), COLOURS["lymphocyte"]).any()


def test_the_notice_is_never_cut_by_a_narrow_picture():
    wide, narrow = (dataclasses.replace(field([]), width=width, height=900) for width in (900, 300))
    for shown in (wide, narrow):
        drawn = overlay.draw(picture(shown), shown)
        strip = drawn[900 * drawn.shape[1] // shown.width :]
        grey = near(strip, (190, 190, 190), 30)
        assert grey.any()
        assert not grey[:, -(overlay._em(picture(shown)) // 2) :].any()


def test_the_file(tmp_path):
    shown = field([cell(1)])
    overlay.to_png(picture(shown), shown, tmp_path / "a.png")
    assert (cv2.imread(str(tmp_path / "a.png"))[..., ::-1] == overlay.draw(picture(shown), shown)).all()


def test_the_file_says_of_itself_that_it_is_no_photograph(tmp_path):
    shown = field([cell(1)])
    overlay.to_png(picture(shown), shown, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as read:
        assert read.text == {"lowcost": "overlay"}
        read.load()
    with pytest.raises(InputError, match=r"a\.png is an overlay that lowcost drew: give the photograph itself"):
        reading.read(tmp_path / "a.png")
