"""The red cells' diameter is found on drawn, rendered and real fields, and said to be unknown where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lowcost.image import illumination, scale
from lowcost.image.resample import block_mean, sample
from lowcost.synth import Settings, Smear, presets, render


@pytest.fixture(scope="session")
def ruler(light_parameters, scale_parameters):
    """Measure the scale of an image from scratch."""

    def measure(image):
        light = illumination.measure(image, light_parameters)
        return scale.measure(light.balance(image), light.mask, scale_parameters)

    return measure


def mean_um_per_px(measured):
    return (measured.um_per_px_x * measured.um_per_px_y) ** 0.5


@pytest.mark.parametrize("diameter", [9, 12, 16, 24, 36, 50, 72, 100, 140])
def test_drawn_cells(diameter, ruler, draw_red_cells):
    measured = ruler(draw_red_cells(diameter, seed=diameter))
    assert measured.source == "red cells"
    assert measured.um_per_px_x * diameter == pytest.approx(7.2, rel=0.08)
    assert measured.um_per_px_y == measured.um_per_px_x
    assert measured.confidence > 0.5
    assert "squeezed" not in measured.note


@pytest.mark.parametrize("cover", [0.05, 0.15, 0.6, 0.9])
def test_few_and_many_cells(cover, ruler, draw_red_cells):
    measured = ruler(draw_red_cells(40, cover=cover))
    assert measured.um_per_px_x * 40 == pytest.approx(7.2, rel=0.08)


@pytest.mark.parametrize("squeeze", [0.5, 0.6, 0.75, 1.5])
def test_squeezed_pixels(squeeze, ruler, draw_red_cells):
    measured = ruler(draw_red_cells(44, squeeze=squeeze))
    assert measured.um_per_px_y / measured.um_per_px_x == pytest.approx(squeeze, rel=0.06)
    assert mean_um_per_px(measured) * 44 == pytest.approx(7.2, rel=0.08)
    assert "squeezed pixels: red cells are" in measured.note


@given(
    white=st.tuples(*[st.integers(110, 250)] * 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=15)
def test_neither_colour_nor_brightness_matters(white, seed, ruler, draw_red_cells):
    plain, cast = (ruler(draw_red_cells(40, seed=seed, white=colour)) for colour in ((235, 235, 235), white))
    assert cast.um_per_px_x == pytest.approx(plain.um_per_px_x, rel=0.03)


@given(factor=st.floats(0.5, 1.0), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_a_smaller_picture_has_a_larger_scale(factor, seed, ruler, draw_red_cells):
    image = draw_red_cells(50, seed=seed)
    smaller = sample(image, 0, 0, 1 / factor, 1 / factor, int(640 * factor), int(480 * factor), 240)
    assert ruler(smaller).um_per_px_x * factor == pytest.approx(ruler(image).um_per_px_x, rel=0.05)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr, lambda image: image.swapaxes(0, 1)])
def test_turned_pictures(turn, ruler, draw_red_cells):
    image = draw_red_cells(40)
    turned = ruler(np.ascontiguousarray(turn(image)))
    assert turned.um_per_px_x == pytest.approx(ruler(image).um_per_px_x, rel=0.02)


@pytest.mark.parametrize("px_per_um", [3.5, 5.0, 8.0, 12.0, 20.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_rendered_smears(px_per_um, seed, ruler):
    width = max(640, int(70 * px_per_um))
    field = render(seed, width=width, height=width * 3 // 4, um_per_px=1 / px_per_um)
    factor = max(1, int((field.pixels.size / 3e6) ** 0.5))
    measured = ruler(block_mean(field.pixels, factor))
    assert measured.um_per_px_x / factor * px_per_um == pytest.approx(1.0, rel=0.08)


@pytest.mark.parametrize("px_per_um", [3.5, 6.2])
def test_cells_too_small_in_a_large_picture_when_shrunk(px_per_um, ruler, light_parameters, scale_parameters):
    pixels = np.tile(render(1, width=1280, height=960, um_per_px=1 / px_per_um).pixels, (6, 6, 1))
    shrunk = block_mean(pixels, 6)
    unknown = ruler(shrunk)
    assert unknown.source == "unknown"
    light = illumination.measure(shrunk, light_parameters)
    measured = scale.measure_closer(pixels, light, 6, unknown, scale_parameters)
    assert mean_um_per_px(measured) * px_per_um == pytest.approx(1.0, rel=0.08)
    assert measured.confidence > 0.5


def test_noise_stays_unknown_however_closely(ruler, light_parameters, scale_parameters):
    pixels = np.random.default_rng(3).integers(0, 256, (1920, 2560, 3), np.uint8)
    light = illumination.measure(block_mean(pixels, 4), light_parameters)
    unknown = ruler(block_mean(pixels, 4))
    assert scale.measure_closer(pixels, light, 4, unknown, scale_parameters) is unknown


@pytest.mark.parametrize("name", ["analyser", "casts", "phone", "eyepiece", "squeezed"])
def test_rendered_ways_of_taking_pictures(name, ruler):
    field = presets.draw(name, 5).render(5)
    measured = ruler(field.pixels)
    assert measured.um_per_px_x == pytest.approx(field.um_per_px[0], rel=0.1)
    assert measured.um_per_px_y == pytest.approx(field.um_per_px[1], rel=0.1)


def test_crowds_of_white_cells_do_not_mislead(ruler):
    cells = {"lymphocyte": 4, "blast": 10, "neutrophil_segmented": 4}
    field = render(3, um_per_px=0.14, cells=cells, settings=Settings(smear=Smear(red_cell_cover=0.25)))
    assert ruler(field.pixels).um_per_px_x == pytest.approx(0.14, rel=0.1)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_nothing_to_measure(value, ruler):
    measured = ruler(np.full((480, 640, 3), value, np.uint8))
    assert (measured.source, measured.confidence, measured.red_cells) == ("unknown", 0.0, 0)
    assert (measured.um_per_px_x, measured.um_per_px_y) == (0.0, 0.0)
    assert measured.note == "no red cells to measure: give um per px"


def test_noise_and_tiny_images(ruler):
    rng = np.random.default_rng(3)
    assert ruler(rng.integers(0, 256, (480, 640, 3), np.uint8)).source == "unknown"
    for shape in [(1, 1), (7, 300), (40, 9), (30, 30)]:
        assert 0.0 <= ruler(rng.integers(0, 256, (*shape, 3), np.uint8)).confidence <= 1.0


def test_few_cells_say_so(ruler, draw_red_cells):
    measured = ruler(draw_red_cells(140, cover=0.15))
    assert measured.confidence < ruler(draw_red_cells(40)).confidence
    assert measured.note.startswith("few whole red cells (")


# Every how many-th field, and the share that must follow.
SETS = {"bccd/images": (12, 0.85), "deepbionet_dev/images": (8, 0.95), "phone_fields": (2, 0.95)}


@pytest.mark.parametrize("folder", SETS)
def test_real_fields_made_smaller(folder, shared_data, ruler):
    from lowcost.image.reading import read

    every, share = SETS[folder]
    followed = []
    for path in sorted((shared_data / folder).iterdir())[::every]:
        image = read(path).pixels
        whole = ruler(image)
        for factor in (0.5, 0.7, 0.8, 0.85):
            height, width = int(image.shape[0] * factor), int(image.shape[1] * factor)
            smaller = ruler(sample(image, 0, 0, 1 / factor, 1 / factor, width, height, 240))
            followed.append(abs(mean_um_per_px(smaller) * factor / mean_um_per_px(whole) - 1) <= 0.05)
    assert np.mean(followed) >= share


def test_one_microscope_one_scale(shared_data, ruler):
    """All BCCD fields come from one microscope: their scales agree, though rouleaux leave few whole cells."""
    from lowcost.image.reading import read

    found = np.array(
        [mean_um_per_px(ruler(read(path).pixels)) for path in sorted((shared_data / "bccd/images").iterdir())[::4]]
    )
    assert np.mean(np.abs(found / np.median(found) - 1) < 0.12) >= 0.9


def test_squeezed_real_fields(shared_data, ruler):
    from lowcost.image.reading import read

    for path in sorted((shared_data / "lld_dev/images").iterdir()):
        measured = ruler(read(path).pixels)
        assert measured.um_per_px_y / measured.um_per_px_x == pytest.approx(0.61, abs=0.06)


SINGLES = {
    "bone_marrow": [
        "neutrophil_segmented/NGS_00130.jpg",
        "eosinophil/EOS_00572.jpg",
        "lymphocyte/LYT_00010.jpg",
        "monocyte/MON_00019.jpg",
        "not_identifiable/NIF_00303.jpg",
        "not_identifiable/NIF_00330.jpg",
        "blast/BLA_00775.jpg",
    ],
    "zheng1/images": ["014.png", "041.png", "043.png", "050.png"],
}


@pytest.mark.parametrize("folder", SINGLES)
def test_granules_are_no_red_cells(folder, shared_data, ruler):
    from lowcost.image.reading import read

    for name in SINGLES[folder]:
        assert ruler(read(shared_data / folder / name).pixels).source == "unknown", name


@pytest.mark.parametrize("name", ["00042", "00053", "00058"])
def test_rouleaux_have_outlines_enough(name, shared_data, ruler):
    """No whole red cell, and still the right radius."""
    from lowcost.image.reading import read

    measured = ruler(read(shared_data / f"bccd/images/BloodImage_{name}.jpg").pixels)
    assert mean_um_per_px(measured) == pytest.approx(0.085, rel=0.15)
