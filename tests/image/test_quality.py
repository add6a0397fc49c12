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
from lowcost.synth import Camera, Optics, Settings, Smear, Stain, render

SHAPE = (480, 640, 3)
GIVEN = Scale(0.1, 0.1, "given", 1.0)


@pytest.fixture(scope="session")
def judge(light_parameters, scale_parameters, quality_parameters):
    """Judge an image, with its own scale unless one is given."""

    def assess(image, given=None):
        image = np.ascontiguousarray(image)
        light = illumination.measure(image, light_parameters)
        balanced = light.balance(image)
        ruler = given or scale.measure(balanced, light.mask, scale_parameters)
        return quality.assess(image, balanced, light, ruler, quality_parameters)

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
        "scale_confidence",
        "edge_width_um",
    }


def dark(level):
    return smear(camera=Camera(white_point=(level, level, level)))


def faded(contrast):
    white = np.array([254, 227, 203])
    field = render(1, cells={}, settings=Settings(stain=Stain(red_cell=(0.0, 0.35, 0.1)))).pixels
    return np.rint(white - (white - field) * contrast).astype(np.uint8)


REASONS = {
    "nearly black": (lambda: dark(30), REJECTED, "too dark: raise the lamp"),
    "dim": (lambda: dark(75), DOUBTFUL, "too dark: raise the lamp"),
    "clipped": (lambda: np.clip(smear() * 1.35, 0, 255).astype(np.uint8), DOUBTFUL, "overexposed: lower the lamp"),
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
        lambda: render(1, um_per_px=0.9, cells={"lymphocyte": 6}).pixels,
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
        "no red cells to measure: give um per px (--um-per-px), or photograph a field that has some",
    )


def test_a_given_scale_needs_no_red_cells(judge):
    judged = judge(smear(smear=Smear(red_cell_cover=0.0)), GIVEN)
    assert judged.verdict == ACCEPTED, judged


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
