"""The truth about a rendered field is exact, repeatable and independent of what should not change it."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trial
from hypothesis import strategies as st

from lowcost import synth
from lowcost.errors import InputError
from lowcost.synth.settings import DRAWABLE

LEUKOCYTES = ("neutrophil_segmented", "lymphocyte", "monocyte", "eosinophil")


@pytest.fixture(scope="module")
def field() -> synth.RenderedField:
    """A field with every kind of object."""
    return synth.render(5, width=900, height=700, um_per_px=0.12, cells=DRAWABLE)


def assert_equal(first: synth.RenderedField, second: synth.RenderedField) -> None:
    for item in dataclasses.fields(first):
        np.testing.assert_equal(getattr(first, item.name), getattr(second, item.name))


def test_the_same_seed_gives_the_same_bytes() -> None:
    size = {"width": 200, "height": 160, "um_per_px": 0.15}
    assert_equal(synth.render(11, **size, cells=LEUKOCYTES), synth.render(11, **size, cells=LEUKOCYTES))
    assert (synth.render(11, **size).pixels != synth.render(12, **size).pixels).any()


def test_every_drawable_type_appears_in_the_order_asked_for(field: synth.RenderedField) -> None:
    assert tuple(item.type for item in field.objects[: len(DRAWABLE)]) == DRAWABLE
    assert [item.id for item in field.objects] == list(range(1, len(field.objects) + 1))


def test_boxes_bound_their_masks_exactly(field: synth.RenderedField) -> None:
    for item in field.objects:
        rows, columns = np.nonzero(field.instances == item.id)
        assert item.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_nuclei_lie_in_their_cells_and_lobes_in_nuclei(field: synth.RenderedField) -> None:
    assert not (field.nucleus & (field.instances == 0)).any()
    assert not ((field.lobes > 0) & ~field.nucleus).any()
    assert not ((field.red_cells > 0) & field.nucleus).any()


def test_lobes_are_whole_and_as_many_as_told() -> None:
    field = synth.render(2, width=900, height=700, um_per_px=0.08, cells={"neutrophil_segmented": 12})
    assert {item.lobes for item in field.leukocytes} >= {3, 4}
    for item in field.leukocytes:
        lobes = np.where(field.instances == item.id, field.lobes, 0)
        assert sorted(np.unique(lobes[lobes > 0])) == list(range(1, item.lobes + 1))
        for number in range(1, item.lobes + 1):
            parts, _, sizes, _ = cv2.connectedComponentsWithStats((lobes == number).astype(np.uint8))
            assert sizes[1:, cv2.CC_STAT_AREA].max() > 0.95 * sizes[1:, cv2.CC_STAT_AREA].sum(), parts


@pytest.mark.parametrize("um_per_px", [0.05, 0.1, 0.25, (0.12, 0.2)])
def test_red_cells_have_the_diameter_of_the_table(um_per_px: float | tuple[float, float]) -> None:
    smear = synth.Smear(overlap=0.0, red_cell_cover=0.12, irregular=0.0)
    step = um_per_px if isinstance(um_per_px, tuple) else (um_per_px, um_per_px)
    width, height = round(64 / step[0]), round(48 / step[1])
    field = synth.render(
        3, width=width, height=height, um_per_px=um_per_px, cells=(), settings=synth.Settings(smear=smear)
    )
    whole = 0
    for number, (x, y, diameter) in enumerate(field.red_cell_table, start=1):
        rows, columns = np.nonzero(field.red_cells == number)
        if 5 / step[0] < x < width - 5 / step[0] and 5 / step[1] < y < height - 5 / step[1]:
            measured = 2 * np.sqrt(len(rows) * step[0] * step[1] / np.pi)
            assert measured == pytest.approx(diameter, rel=0.04)
            assert columns.mean() + 0.5 == pytest.approx(x, abs=1 / step[0])
            whole += 1
    assert whole >= 5
    assert np.median(field.red_cell_table[:, 2]) == pytest.approx(7.2, abs=0.35)


def test_cells_cut_by_the_edge_are_flagged() -> None:
    settings = synth.Settings(smear=synth.Smear(edge=1.0))
    field = synth.render(8, width=500, height=400, um_per_px=0.1, cells={"lymphocyte": 4}, settings=settings)
    for item in field.objects:
        x0, y0, x1, y1 = item.box
        assert item.touches_edge == (x0 == 0 or y0 == 0 or x1 == 500 or y1 == 400)
    assert sum(item.touches_edge for item in field.leukocytes) >= 3


def test_touching_cells_touch_but_share_no_pixel() -> None:
    settings = synth.Settings(smear=synth.Smear(touching=1.0))
    field = synth.render(4, width=800, height=600, um_per_px=0.1, cells={"blast": 5}, settings=settings)
    together = (field.instances > 0) & np.isin(field.instances, [item.id for item in field.leukocytes])
    grown = cv2.dilate(together.astype(np.uint8), np.ones((9, 9), np.uint8))
    assert cv2.connectedComponents(grown)[0] - 1 < 5


def test_the_empty_background_has_the_white_point() -> None:
    settings = synth.Settings(
        smear=synth.Smear(red_cell_cover=0.1, mottle=0.0), camera=synth.Camera(white_point=(201.0, 180.0, 155.0))
    )
    field = synth.render(6, width=320, height=240, um_per_px=0.2, cells=(), settings=settings)
    empty = cv2.dilate((field.red_cells > 0).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    level = np.median(field.pixels[empty] / field.illumination[empty][:, None], axis=0)
    np.testing.assert_allclose(level, field.white_point, atol=2.0)


def test_other_optics_leave_the_truth_alone() -> None:
    size = {"width": 256, "height": 200, "um_per_px": 0.15, "cells": LEUKOCYTES}
    sharp = synth.render(9, **size)
    soft = synth.render(9, **size, settings=synth.Settings(optics=synth.Optics(defocus_um=1.0, vignette=0.4)))
    np.testing.assert_array_equal(sharp.instances, soft.instances)
    assert sharp.objects == soft.objects
    assert (sharp.pixels != soft.pixels).any()


def test_another_scale_shows_the_same_field() -> None:
    fine = synth.render(9, width=640, height=480, um_per_px=0.1, cells=LEUKOCYTES)
    coarse = synth.render(9, width=320, height=240, um_per_px=0.2, cells=LEUKOCYTES)
    shrunk = cv2.resize(fine.pixels, (320, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.astype(int) - coarse.pixels).mean() < 2.0
    for first, second in zip(fine.leukocytes, coarse.leukocytes, strict=True):
        np.testing.assert_allclose(np.array(first.box) / 2, second.box, atol=1.5)


def test_the_eyepiece_is_dark_outside_and_cuts_cells() -> None:
    settings = synth.Settings(optics=synth.Optics(eyepiece=0.7), smear=synth.Smear(edge=1.0, debris=0.0))
    field = synth.render(1, width=400, height=400, um_per_px=0.15, cells={"monocyte": 3}, settings=settings)
    outside = cv2.erode((~field.aperture).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert field.pixels[outside].max() < 25
    assert not field.instances[~field.aperture].any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"width": 3}, "at least 16 x 16"),
        ({"width": 10**6, "height": 10**6}, "megapixels"),
        ({"um_per_px": 0.0}, "um_per_px"),
        ({"um_per_px": float("nan")}, "um_per_px"),
        ({"cells": ["neutrophile"]}, "neutrophile"),
        ({"cells": {"unidentified": 1}}, "unidentified"),
        ({"cells": {"lymphocyte": -2}}, "0 or more"),
    ],
)
def test_bad_arguments_get_a_sentence(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        synth.render(**({"seed": 1} | arguments))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("group", "arguments"),
    [
        (synth.Smear, {"overlap": 1.5}),
        (synth.Smear, {"red_cell_um": "7"}),
        (synth.Stain, {"chromatin": (0.1, -0.5, 0.3)}),
        (synth.Stain, {"eosin": (0.1, 0.2)}),
        (synth.Optics, {"blur_um": float("nan")}),
        (synth.Optics, {"eyepiece": 0.0}),
        (synth.Camera, {"white_point": (300.0, 200.0, 200.0)}),
        (synth.Camera, {"jpeg_quality": 0}),
    ],
)
def test_bad_settings_get_a_sentence_with_their_name(group: type, arguments: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"{group.__name__}.{next(iter(arguments))}"):
        group(**arguments)


@trial(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**40),
    width=st.integers(16, 160),
    height=st.integers(16, 160),
    um_per_px=st.floats(0.06, 0.5),
    cells=st.lists(st.sampled_from(DRAWABLE), max_size=3),
    cover=st.floats(0.0, 0.6),
    touching=st.floats(0.0, 1.0),
    eyepiece=st.none() | st.floats(0.3, 1.2),
)
def test_any_field_is_consistent(
    seed: int,
    width: int,
    height: int,
    um_per_px: float,
    cells: list[str],
    cover: float,
    touching: float,
    eyepiece: float | None,
) -> None:
    settings = synth.Settings(
        smear=synth.Smear(red_cell_cover=cover, touching=touching), optics=synth.Optics(eyepiece=eyepiece)
    )
    field = synth.render(seed, width=width, height=height, um_per_px=um_per_px, cells=cells, settings=settings)
    assert field.pixels.shape == (height, width, 3)
    assert field.pixels.dtype == np.uint8
    assert set(np.unique(field.instances)) - {0} == {item.id for item in field.objects}
    for item in field.objects:
        x0, y0, x1, y1 = item.box
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
