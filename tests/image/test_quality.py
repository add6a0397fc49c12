"""Every verdict and every reason, on drawn, rendered, real and absurd pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage.data
from skimage.measure import blur_effect

from lowcost.image import illumination, quality, scale
from lowcost.image.quality import ACCEPTED, DOUBTFUL, REJECTED
from lowcost.result import Scale
from lowcost.synth import Camera, Optics, Settings, Smear, Stain, presets, render

SHAPE = (480, 640, 3)
GIVEN = Scale(0.1, 0.1, "given", 1.0)


@pytest.fixture(scope="session")
def judge(light_parameters, scale_parameters, quality_parameters):
    """Judge an image, with its own scale unless one is given."""

    def assess(image, given=None):
        image = np.ascontiguousarray(image)
        light = illumination.measure(image, light_parameters)
        balanced = light.balance(image)
        measured = scale.measure(balanced, light.mask, scale_parameters)
        return quality.assess(image, balanced, light, given or measured, measured, quality_parameters)

    return assess


def text(height, thickness):
    image = np.full(SHAPE, 245, np.uint8)
    for line, y in enumerate(range(height, 480, int(1.2 * height))):
        words = f"Patient {line}: the quick brown fox jumps over the lazy dog"
        cv2.putText(image, words, (5, y), cv2.FONT_HERSHEY_SIMPLEX, height / 30, (20, 20, 20), thickness)
    return image


def smear(seed=1, **settings):
    return render(seed, settings=Settings(**settings)).pixels


def test_a_good_field(judge):
    verdict = judge(smear())
    assert (verdict.verdict, verdict.reasons) == (ACCEPTED, ())
    assert verdict.metrics.keys() == {
        "background_brightness",
        "background_darkest_channel",
        "background_share",
        "object_share",
        "object_darkness",
        "object_colour",
        "clipped_share",
        "flat_share",
        "nuclei_violet",
        "nuclei_blue",
        "scale_confidence",
        "edge_width_um",
    }


def dark(level):
    return smear(camera=Camera(white_point=(level, level, level)))


def brighter(gain):
    return np.clip(smear() * gain, 0, 255).astype(np.uint8)


def faded(contrast):
    white = np.array([254, 227, 203])
    field = render(1, cells={}, settings=Settings(stain=Stain(red_cell=(0.0, 0.35, 0.1)))).pixels
    return np.rint(white - (white - field) * contrast).astype(np.uint8)


REASONS = {
    "nearly black": (lambda: dark(30), REJECTED, "too dark: raise the lamp"),
    "dim": (lambda: dark(75), DOUBTFUL, "too dark: raise the lamp"),
    "clipped": (lambda: brighter(1.3), DOUBTFUL, "overexposed: lower the lamp"),
    "burnt out": (lambda: brighter(1.5), REJECTED, "overexposed: lower the lamp"),
    "empty": (lambda: np.full(SHAPE, 225, np.uint8), REJECTED, "no cells in view: move"),
    "grey": (
        lambda: np.repeat(smear()[..., 1:2], 3, axis=2),
        REJECTED,
        "not a stained smear: nothing in view has colour",
    ),
    "noise": (
        lambda: np.random.default_rng(1).integers(0, 256, SHAPE, np.uint8),
        REJECTED,
        "hardly any empty background: move",
    ),
    "pale": (lambda: faded(0.24), DOUBTFUL, "cells too pale to tell from the background: check"),
    "very pale": (lambda: faded(0.15), REJECTED, "cells too pale to tell from the background: check"),
    "no red cells": (
        lambda: smear(smear=Smear(red_cell_cover=0.0)),
        DOUBTFUL,
        "few whole red cells, so the scale is uncertain: give um per px (--um-per-px)",
    ),
    "not a smear": (skimage.data.astronaut, REJECTED, "not a smear, or too thick a part of one: no round red cells"),
    "10x": (
        lambda: render(1, um_per_px=0.8, cells={"lymphocyte": 6}).pixels,
        DOUBTFUL,
        "low magnification: cells are found and counted",
    ),
    "out of focus": (lambda: smear(optics=Optics(defocus_um=2.2)), REJECTED, "out of focus: refocus"),
    "a little out of focus": (lambda: smear(optics=Optics(defocus_um=1.3)), DOUBTFUL, "out of focus: refocus"),
}


@pytest.mark.parametrize("case", REASONS)
def test_reasons(case, judge):
    image, verdict, reason = REASONS[case]
    judged = judge(image())
    assert judged.verdict == verdict, judged
    assert any(text.startswith(reason) for text in judged.reasons), judged


def test_no_red_cells(judge):
    judged = judge(smear(), Scale(0.0, 0.0, "unknown", 0.0))
    assert judged.verdict == REJECTED
    assert judged.reasons == (
        "no red cells to measure: give um per px (--um-per-px), or photograph a field that shows some whole",
    )


def test_a_given_scale_needs_no_red_cells(judge):
    judged = judge(smear(smear=Smear(red_cell_cover=0.0)), GIVEN)
    assert judged.verdict == ACCEPTED, judged


@pytest.mark.parametrize(("source", "said"), [("given", "given"), ("metadata", "the file says")])
@pytest.mark.parametrize(
    ("factor", "verdict"), [(0.3, REJECTED), (0.5, DOUBTFUL), (0.75, DOUBTFUL), (1.3, DOUBTFUL), (3.0, REJECTED)]
)
def test_a_scale_that_the_red_cells_contradict(factor, verdict, source, said, judge):
    um_per_px = 0.1 * factor
    judged = judge(render(1, um_per_px=0.1).pixels, Scale(um_per_px, um_per_px, source, 1.0))
    assert judged.verdict == verdict, judged
    contradiction = f"{said} {um_per_px:.2g} um per px, but the red cells measure 0.1"
    assert any(reason.startswith(contradiction) for reason in judged.reasons), judged


@pytest.mark.parametrize("factor", [0.85, 1.0, 1.15])
def test_a_scale_that_the_red_cells_confirm(factor, judge):
    assert judge(render(1, um_per_px=0.1).pixels, Scale(0.1 * factor, 0.1 * factor, "given", 1.0)).verdict == ACCEPTED


def test_squeezed_pixels_contradict_a_square_scale(judge):
    field = presets.draw("squeezed", 5).render(5)
    judged = judge(field.pixels, Scale(*[(field.um_per_px[0] * field.um_per_px[1]) ** 0.5] * 2, "given", 1.0))
    assert any(" across and " in reason for reason in judged.reasons), judged


def discs():
    """A drawing of a smear: every cell of one colour."""
    rng = np.random.default_rng(4)
    image = np.full((600, 800, 3), (240, 235, 225), np.uint8)
    for x, y in rng.integers(0, (800, 600), (90, 2)).tolist():
        cv2.circle(image, (x, y), 32, (225, 150, 150), -1, cv2.LINE_AA)
    cv2.circle(image, (400, 300), 55, (190, 180, 220), -1, cv2.LINE_AA)
    cv2.circle(image, (400, 300), 38, (100, 50, 140), -1, cv2.LINE_AA)
    return image


def test_a_drawing(judge):
    judged = judge(discs())
    assert judged.verdict == REJECTED
    assert judged.reasons[0].startswith("drawn or compressed too much: ")
    compressed = cv2.imdecode(cv2.imencode(".jpg", discs())[1], cv2.IMREAD_COLOR)
    assert judge(compressed).verdict == DOUBTFUL


def test_noisy_print(judge):
    noise = np.random.default_rng(1).normal(0, 6, SHAPE)
    for page in (text(20, 2), text(60, 4)):
        judged = judge(np.clip(page + noise, 0, 255).astype(np.uint8))
        assert judged.verdict == REJECTED
        assert judged.reasons[0].startswith("not a stained smear: "), judged


@pytest.mark.parametrize("name", ["analyser", "casts"])
def test_swapped_channels(name, judge):
    field = presets.draw(name, 5).render(5).pixels
    assert not any("swapped" in reason for reason in judge(field).reasons)
    judged = judge(field[..., ::-1])
    assert judged.verdict in (DOUBTFUL, REJECTED)
    assert any(reason.startswith("red and blue seem to be swapped") for reason in judged.reasons), judged


def test_a_lone_eosinophil_is_no_swapped_picture(judge):
    """Its red granules are more of what is densest than its nucleus."""
    field = render(1, width=800, height=800, um_per_px=0.25, cells=("eosinophil",)).pixels
    assert judge(field).reasons == ()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(SHAPE, np.uint8),
        np.full(SHAPE, 255, np.uint8),
        np.tile(np.linspace(20, 250, 640).astype(np.uint8)[None, :, None], (480, 1, 3)),
        text(20, 1),
        text(60, 4),
    ],
    ids=["black", "white", "gradient", "small print", "large print"],
)
def test_what_is_no_photograph_of_anything(image, judge):
    assert judge(image).verdict == REJECTED


@pytest.mark.parametrize(
    "name", ["astronaut", "chelsea", "coffee", "rocket", "camera", "coins", "page", "brick", "grass", "moon", "retina"]
)
def test_photographs_of_something_else(name, judge):
    image = getattr(skimage.data, name)()
    assert judge(image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)).verdict == REJECTED


def test_focus_orders_fields_as_blur_effect_does(judge):
    camera = Camera(noise=0.0)
    fields = [smear(optics=Optics(defocus_um=defocus), camera=camera) for defocus in (0.0, 0.4, 0.8, 1.2, 1.6)]
    widths = [judge(field, GIVEN).metrics["edge_width_um"] for field in fields]
    oracle = [blur_effect(field, channel_axis=2) for field in fields]
    assert widths == sorted(widths)
    assert np.argsort(widths).tolist() == np.argsort(oracle).tolist()


def test_focus_knows_neither_exposure_nor_resolution(judge):
    sharp = judge(smear(), GIVEN).metrics["edge_width_um"]
    dim = judge((smear() * 0.6).astype(np.uint8), GIVEN).metrics["edge_width_um"]
    assert dim == pytest.approx(sharp, rel=0.1)
    fine = render(1, width=1280, height=960, um_per_px=0.05, settings=Settings(optics=Optics(defocus_um=1.0))).pixels
    coarse = render(1, width=640, height=480, um_per_px=0.1, settings=Settings(optics=Optics(defocus_um=1.0))).pixels
    widths = [
        judge(image, Scale(step, step, "given", 1.0)).metrics["edge_width_um"]
        for image, step in ((fine, 0.05), (coarse, 0.1))
    ]
    assert widths[0] == pytest.approx(widths[1], rel=0.15)


SETS = {
    "bccd/images": 6,
    "deepbionet_dev/images": 4,
    "raabin_dev/images": 5,
    "lld_dev/images": 1,
    "phone_leukemia": 2,
    "phone_fields": 1,
}


@pytest.mark.parametrize("folder", SETS)
def test_real_fields(folder, shared_data, judge):
    """Nearly every real field can be judged."""
    from lowcost.image.reading import read

    paths = sorted((shared_data / folder).iterdir())[:: SETS[folder]]
    images = [read(path).pixels for path in paths]
    verdicts = [judge(image).verdict for image in images]
    # Two of the 22 fields of phone_leukemia are 10x views whose cells are 5 px wide.
    assert np.mean([verdict != REJECTED for verdict in verdicts]) >= 0.9
    assert np.mean([verdict == ACCEPTED for verdict in verdicts]) >= 0.75


@pytest.mark.parametrize("folder", SETS)
def test_blurred_real_fields(folder, shared_data, judge, light_parameters, scale_parameters):
    from lowcost.image.reading import read

    verdicts = []
    for path in sorted((shared_data / folder).iterdir())[:: 2 * SETS[folder]]:
        image = read(path).pixels
        light = illumination.measure(image, light_parameters)
        ruler = scale.measure(light.balance(image), light.mask, scale_parameters)
        if 0.0 < ruler.um_per_px_x < 0.45:
            blurred = cv2.GaussianBlur(image, (0, 0), 1.5 / ruler.um_per_px_x, sigmaY=1.5 / ruler.um_per_px_y)
            verdicts.append(judge(blurred).verdict)
    assert ACCEPTED not in verdicts
    assert np.mean([verdict == REJECTED for verdict in verdicts]) >= 0.65


@pytest.mark.parametrize(("folder", "um_per_px", "every"), [("pbc", 0.1, 60), ("zheng1/images", 0.19, 5)])
def test_views_of_single_cells_do_not_contradict_their_scale(folder, um_per_px, every, shared_data, judge):
    from lowcost.image.reading import read

    paths = sorted(path for path in (shared_data / folder).rglob("*") if path.suffix in (".jpg", ".png"))[::every]
    for path in paths:
        judged = judge(read(path).pixels, Scale(um_per_px, um_per_px, "given", 1.0))
        assert judged.verdict != REJECTED, (path, judged)
        assert not any("red cells measure" in reason for reason in judged.reasons), (path, judged)


def test_given_scales_that_are_wrong_by_half(shared_data, judge):
    """Most fields of blood tell; those of rouleaux cannot."""
    from lowcost.image.reading import read

    told = []
    for path in sorted((shared_data / "deepbionet_dev/images").iterdir())[::8]:
        judged = judge(read(path).pixels, Scale(0.25, 0.25, "given", 1.0))
        told.append(any("red cells measure" in reason for reason in judged.reasons))
    assert np.mean(told) >= 0.9


@pytest.mark.parametrize(("folder", "least"), [("bccd/images", 0.7), ("lld_dev/images", 0.95), ("phone_fields", 0.95)])
def test_swapped_channels_of_real_fields(folder, least, shared_data, judge):
    """BGR arrays are the commonest slip of all; where nuclei are magenta rather than blue nobody can tell."""
    from lowcost.image.reading import read

    pictures = [read(path).pixels for path in sorted((shared_data / folder).iterdir())[::8]]
    swapped = [any("swapped" in reason for reason in judge(image[..., ::-1]).reasons) for image in pictures]
    assert np.mean(swapped) >= least
    assert not any("swapped" in reason for image in pictures for reason in judge(image).reasons)


@pytest.mark.parametrize("name", ["20170918_022128", "20170918_022740", "20190424_184802"])
def test_a_ruler_without_red_cells_is_refused(name, shared_data, judge):
    """Ghosts of red cells under clusters, and 10x views whose cells are 5 px wide."""
    from lowcost.image.reading import read

    judged = judge(read(shared_data / "phone_leukemia" / f"{name}.jpg").pixels)
    assert judged.verdict == REJECTED
    assert "--um-per-px" in judged.reasons[0]


def test_dense_marrow_is_doubtful_though_its_scale_is_given(shared_data, judge):
    from lowcost.image.reading import read

    paths = sorted((shared_data / "bone_marrow").rglob("*.jpg"))[::40]
    verdicts = [judge(read(path).pixels, Scale(0.092, 0.092, "given", 1.0)) for path in paths]
    doubted = np.array([verdict.verdict != ACCEPTED for verdict in verdicts])
    background = np.array([verdict.metrics["background_share"] for verdict in verdicts])
    assert np.mean(doubted[background < 0.1]) >= 0.8
    assert not np.any(doubted[background > 0.2])


@pytest.mark.parametrize("name", ["eosinophil/EOS_00272", "lymphocyte/LYT_00540"])
def test_nuclei_too_dark_for_a_hue_are_nuclei(name, shared_data, judge):
    from lowcost.image.reading import read

    judged = judge(read(shared_data / f"bone_marrow/{name}.jpg").pixels, Scale(0.092, 0.092, "given", 1.0))
    assert judged.verdict != REJECTED, judged
