from __future__ import annotations

import numpy as np
import pytest

from benchmarks.distortions import SWEEPS, Scene


@pytest.fixture
def scene() -> Scene:
    pixels = np.full((120, 160, 3), 230, np.uint8)
    pixels[40:60, 100:120] = (90, 40, 130)
    types = (frozenset({"lymphocyte"}),)
    return Scene(pixels, np.array([[100.0, 40.0, 120.0, 60.0]]), np.zeros((0, 4)), types, 0.1)


def dark_centre(pixels: np.ndarray) -> tuple[float, float]:
    weight = 255.0 - pixels[..., 1]
    weight[weight < 100] = 0.0
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    return float((x * weight).sum() / weight.sum() + 0.5), float((y * weight).sum() / weight.sum() + 0.5)


@pytest.mark.parametrize(("name", "degree"), [("turn, degrees", 30.0), ("turn, degrees", 90.0), ("scale, px/um", 5.0)])
def test_boxes_go_where_the_cell_goes(scene, name, degree):
    distort, _ = SWEEPS[name]
    moved = distort(scene, degree)
    x0, y0, x1, y1 = moved.boxes[0]
    assert dark_centre(moved.pixels) == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=0.7)
    assert moved.types == scene.types


def test_what_is_turned_out_of_the_picture_does_not_count(scene):
    corner = Scene(scene.pixels, np.array([[0.0, 0.0, 20.0, 20.0]]), scene.ignore, scene.types, 0.1)
    moved = SWEEPS["turn, degrees"][0](corner, 45.0)
    assert (len(moved.boxes), len(moved.ignore), moved.types) == (0, 1, ())


@pytest.mark.parametrize("name", [name for name in SWEEPS if not name.startswith(("turn", "scale"))])
def test_every_other_distortion_changes_pixels_alone(scene, name):
    distort, degrees = SWEEPS[name]
    strongest = distort(scene, degrees[-1])
    assert strongest.pixels.shape == scene.pixels.shape
    assert strongest.pixels.dtype == np.uint8
    assert not np.array_equal(strongest.pixels, scene.pixels)
    assert np.array_equal(strongest.boxes, scene.boxes)


UNCHANGED = {"blur, um": 0.0, "noise, grey levels": 0.0, "colour temperature": 0.0, "gamma": 1.0}
UNCHANGED |= {"vignette, loss in corners": 0.0, "uneven light, loss": 0.0, "stain, times density": 1.0}


@pytest.mark.parametrize(("name", "none"), list(UNCHANGED.items()))
def test_no_degree_is_no_change(scene, name, none):
    distort, degrees = SWEEPS[name]
    assert none in degrees
    assert np.array_equal(distort(scene, none).pixels, scene.pixels)
