"""Light, scale and quality in Java are those of Python, bit for bit, on rendered smears and on real photographs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lowcost import synth
from lowcost.bundle import Bundle
from lowcost.image.reading import read
from lowcost.result import Scale
from lowcost.synth import presets
from tests.android_bridge.optics import Comparison


@pytest.fixture(scope="module")
def compare(java):
    return Comparison(java, Bundle.load())


def rendered(seed=5, size=(480, 360), um_per_px=0.12, cells=("lymphocyte", "neutrophil_segmented"), **groups):
    settings = dataclasses.replace(synth.Settings(), **groups)
    return synth.render(seed, width=size[0], height=size[1], um_per_px=um_per_px, cells=cells, settings=settings).pixels


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_presets(compare, preset):
    scene = presets.draw(preset, 1)
    scene = dataclasses.replace(scene, width=min(scene.width, 640), height=min(scene.height, 480))
    compare(scene.render(1).pixels, preset)


@pytest.mark.parametrize("um_per_px", [0.05, 0.08, 0.11, 0.16, 0.25, 0.4, 0.7, (0.1, 0.16), (0.16, 0.1)])
def test_scales(compare, um_per_px):
    pixels = rendered(um_per_px=um_per_px)
    optics = compare(pixels, "measured")
    if um_per_px in ((0.1, 0.16), (0.16, 0.1)):
        assert "squeezed pixels" in optics.scale.note
    for given in (0.04, 0.1, 0.33, 1.5):
        for source in ("given", "metadata"):
            compare(pixels, f"{source} {given}", Scale(given, given * 1.01, source, 1.0))


def test_a_contradicted_scale_is_told_in_the_same_words(compare):
    optics = compare(rendered(), "given", Scale(0.2, 0.2, "given", 1.0))
    assert any("the red cells measure 0.1" in reason for reason in optics.quality.reasons)


CASES = {
    "eyepiece": {"optics": synth.Optics(eyepiece=0.75)},
    "small eyepiece": {"optics": synth.Optics(eyepiece=0.45, vignette=0.4)},
    "uneven": {"optics": synth.Optics(unevenness=0.5, vignette=0.3)},
    "out of focus": {"optics": synth.Optics(blur_um=1.2, defocus_um=1.5)},
    "noisy": {"camera": synth.Camera(noise=9.0, noise_grain_px=0.0)},
    "dark": {"camera": synth.Camera(white_point=(40.0, 36.0, 30.0))},
    "dim": {"camera": synth.Camera(white_point=(85.0, 80.0, 70.0))},
    "compressed": {"camera": synth.Camera(jpeg_quality=12)},
    "yellow": {"camera": synth.Camera(white_point=(210.0, 205.0, 120.0))},
    "crowded": {"smear": synth.Smear(red_cell_cover=0.9, overlap=0.9)},
    "empty": {"smear": synth.Smear(red_cell_cover=0.0, platelets_per_red=0.0, debris=0.0), "cells": ()},
    "nuclei alone": {"smear": synth.Smear(red_cell_cover=0.0), "cells": ("lymphocyte",) * 9},
    "pale": {"stain": synth.Stain((0.03, 0.05, 0.02), (0.1, 0.2, 0.02), (0.05, 0.06, 0.01), (0.02, 0.05, 0.03))},
}


@pytest.mark.parametrize("case", CASES)
def test_conditions(compare, case):
    optics = compare(rendered(**CASES[case]), case)
    if "eyepiece" in case:
        assert not optics.light.mask.all()


def tiled(across, down, **arguments):
    """A large photograph of one small field beside itself: quick to draw."""
    return np.tile(rendered(**arguments), (down, across, 1))


def test_photographs_that_are_shrunk(compare):
    compare(tiled(5, 5), "4.3 megapixels")
    compare(tiled(5, 6)[5:, : 5 * 480 - 3], "odd sizes")
    compare(tiled(9, 8, um_per_px=0.06), "12.4 megapixels")


def test_a_photograph_whose_red_cells_are_seen_only_when_looked_at_closer(compare):
    optics = compare(tiled(8, 7, um_per_px=0.8, cells=()), "closer")
    assert optics.factor == 3
    assert optics.scale.source == "red cells"


def blobs(shape, seed):
    """Noise without any smear in it."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (shape[0] // 16 + 1, shape[1] // 16 + 1, 3))
    fine = coarse.repeat(16, axis=0).repeat(16, axis=1)[: shape[0], : shape[1]]
    return np.clip(fine + random.integers(-20, 21, (*shape, 3)), 0, 255).astype(np.uint8)


PICTURES = {
    "black": lambda: np.zeros((90, 120, 3), np.uint8),
    "white": lambda: np.full((90, 120, 3), 255, np.uint8),
    "grey": lambda: np.full((500, 400, 3), 128, np.uint8),
    "red": lambda: np.full((64, 64, 3), (255, 0, 0), np.uint8),
    "almost black": lambda: np.eye(100, dtype=np.uint8)[..., None].repeat(3, axis=2),
    "smallest": lambda: blobs((32, 32), 1),
    "small": lambda: blobs((33, 47), 2),
    "strip": lambda: blobs((32, 5000), 3),
    "tall strip": lambda: blobs((9000, 40), 4),
    "longest": lambda: np.tile(blobs((32, 2048), 5), (1, 100, 1)),
    "noise": lambda: np.random.default_rng(6).integers(0, 256, (300, 300, 3), dtype=np.uint8),
    "blobs": lambda: blobs((480, 640), 7),
    "ramp": lambda: np.linspace(0, 255, 640).astype(np.uint8)[None, :, None].repeat(480, axis=0).repeat(3, axis=2),
    "half black": lambda: np.concatenate([np.zeros((360, 200, 3), np.uint8), rendered()], axis=1),
    "swapped channels": lambda: np.ascontiguousarray(rendered()[..., ::-1]),
    "negative": lambda: 255 - rendered(),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_other_things(compare, name):
    pixels = PICTURES[name]()
    compare(pixels, name)
    compare(pixels, f"{name}, given", Scale(0.1, 0.1, "given", 1.0))


@pytest.mark.parametrize(
    ("folder", "step"),
    [
        ("bccd", 60),
        ("deepbionet_dev", 25),
        ("raabin_dev", 30),
        ("lld_dev", 4),
        ("phone_fields", 5),
        ("phone_leukemia", 9),
        ("zheng1", 90),
        ("pbc", 800),
        ("bone_marrow", 250),
    ],
)
def test_real_photographs(compare, shared_data, folder, step):
    files = sorted(file for ending in ("jpg", "png", "bmp") for file in (shared_data / folder).rglob(f"*.{ending}"))
    if not files:
        pytest.skip(f"needs the images of {folder}")
    for file in files[::step]:
        compare(read(file).pixels, str(file.relative_to(shared_data)))
