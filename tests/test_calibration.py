"""A device is measured from what its photographs share, or refused with what is wrong with them."""

from __future__ import annotations

import dataclasses
from functools import cache

import cv2
import numpy as np
import pytest

from lowcost import calibration, features, synth
from lowcost.calibration import calibrate
from lowcost.datasets.types import image_size
from lowcost.errors import InputError
from lowcost.pipeline import Analyzer

UM_PER_PX = 0.12
LAMP = synth.Optics(vignette=0.0, unevenness=0.0)
PLACES = [(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]


def falloff(x, y):
    """Light of the lens at a place, as shares of width and height."""
    u, v = 2 * x - 1, 2 * y - 1
    return 1 - 0.15 * u * u - 0.15 * v * v + 0.05 * u


@cache
def photograph(seed, um_per_px=UM_PER_PX, cover=0.3, size=(640, 480)):
    """A field by one device, whose lens loses light towards the corners."""
    settings = synth.Settings(smear=synth.Smear(red_cell_cover=cover), optics=LAMP)
    cells = {"lymphocyte": 1, "neutrophil_segmented": 1} if cover else {}
    width, height = size
    even = synth.render(seed, width=width, height=height, um_per_px=um_per_px, cells=cells, settings=settings).pixels
    y, x = np.mgrid[:height, :width]
    return np.rint(even * falloff((x + 0.5) / width, (y + 0.5) / height)[..., None]).astype(np.uint8)


def blank(seed):
    """An empty place of the slide."""
    return photograph(seed, cover=0.0)


def light_of(profile):
    """The profile's light at `PLACES`, of the three channels."""
    terms = np.array([(1, u, v, u * u, u * v, v * v) for u, v in ((2 * x - 1, 2 * y - 1) for x, y in PLACES)])
    return terms @ np.array(profile.flat_field)


GOOD = (1, 2, 3)
LOGITS = np.zeros((8, 13), np.int8)


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer.load()


@pytest.fixture(scope="module")
def profile(analyzer):
    return calibrate("microscope 1", [*map(photograph, GOOD)], analyzer)


def test_the_ruler_is_that_of_the_fields(profile):
    for measured in (profile.um_per_px_x, profile.um_per_px_y):
        assert measured == pytest.approx(UM_PER_PX, rel=0.06)
    assert profile.rulers == 3
    assert 0 <= profile.um_per_px_spread < 0.1


def test_the_flat_field_is_that_of_the_lens(profile):
    assert profile.flat_field[0] == (1.0, 1.0, 1.0)
    truth = np.array([falloff(*place) for place in PLACES])
    np.testing.assert_allclose(light_of(profile), np.repeat(truth[:, None], 3, axis=1), atol=0.02)
    assert profile.light_spread < 0.05


def test_it_says_what_it_rests_on(profile, analyzer):
    assert (profile.fields, profile.blank_fields, profile.cells) == (3, 0, 6)
    assert (profile.width, profile.height) == (640, 480)
    assert profile.shift is None, "six cells have no mean worth the name"
    assert profile.bundle == f"{analyzer.bundle.name} {analyzer.bundle.version}"
    assert profile.provenance["bundle_sha256"] == analyzer.bundle.digest
    assert sum(name.startswith("photograph") for name in profile.provenance) == 3
    assert set(profile.stain_vectors) == {"chromatin", "haemoglobin"}
    assert all(np.linalg.norm(vector) == pytest.approx(1) for vector in profile.stain_vectors.values())
    assert 0.3 < profile.edge_width_um < 1.5
    assert profile.white_point == pytest.approx((254, 228, 204), abs=4)


def test_many_cells_show_how_the_device_shifts_them(analyzer):
    kinds = {"lymphocyte": 4, "neutrophil_segmented": 4}
    shots = [synth.render(i, width=900, height=700, um_per_px=UM_PER_PX, cells=kinds).pixels for i in GOOD]
    found = calibrate("microscope 1", shots, analyzer)
    assert found.cells >= 20
    assert len(found.shift.scores) == len(features.NAMES)
    assert len(found.shift.logits) == len(analyzer.bundle.parameters["classifier"]["classes"])
    assert 0 < np.abs(found.shift.scores).max() < 3
    adapted = Analyzer(analyzer.bundle, found).analyze(shots[:1])
    assert len(adapted.cells) == 8


def test_blank_fields_make_the_flat_field_and_nothing_else(analyzer, profile):
    found = calibrate("with blanks", [*map(photograph, GOOD), *map(blank, (7, 8, 9))], analyzer)
    assert (found.fields, found.blank_fields, found.cells) == (3, 3, 6)
    assert (found.um_per_px_x, found.white_point) == (profile.um_per_px_x, profile.white_point)
    truth = np.array([falloff(*place) for place in PLACES])
    np.testing.assert_allclose(light_of(found), np.repeat(truth[:, None], 3, axis=1), atol=0.01)


def test_progress_names_the_photographs(analyzer):
    told = []
    calibrate("told", [*map(photograph, GOOD)], analyzer, told.append)
    assert told == ["array"] * 6


def dimmed(pixels, factor):
    return (pixels * factor).astype(np.uint8)


def turned(pixels):
    """Lit from one side."""
    ramp = np.linspace(0.4, 1.0, pixels.shape[1])[None, :, None]
    return (pixels * ramp).astype(np.uint8)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (list, "needs at least 3 fields with cells, got 0: photograph more"),
        (lambda: [*map(photograph, (1, 2))], "needs at least 3 fields with cells, got 2: photograph more"),
        (lambda: [*map(blank, (7, 8, 9))], "needs at least 3 fields with cells, got 0 and 3 blank: photograph more"),
        (lambda: [dimmed(photograph(i), 0.12) for i in GOOD], "array is no photograph to calibrate with: too dark"),
        (lambda: [np.zeros((480, 640, 3), np.uint8)] * 3, "too dark: raise the lamp"),
        (lambda: [np.full((480, 640, 3), 255, np.uint8)] * 3, "overexposed: lower the lamp"),
        (lambda: [cv2.GaussianBlur(photograph(i), (0, 0), 9) for i in GOOD], "out of focus: refocus and photograph"),
        (lambda: [*map(photograph, GOOD), photograph(1)], "array is the same photograph as array: give each"),
        (lambda: [*map(photograph, GOOD), photograph(4, 0.24)], "say 0.2.* um per px, those of most fields 0.12.*"),
        (lambda: [*map(photograph, GOOD), photograph(4)[:, :600]], "array is 600 x 480 px and array 640 x 480: calib"),
        (lambda: [photograph(1), b"nonsense"], "bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_makes_no_profile_is_refused_with_a_reason(make, sentence, analyzer):
    with pytest.raises(InputError, match=sentence) as caught:
        calibrate("none", make(), analyzer)
    assert "\n" not in str(caught.value)


def test_light_that_differs_from_field_to_field_is_no_flat_field(analyzer):
    shots = [turned(photograph(1)), turned(photograph(2))[:, ::-1], photograph(3), turned(photograph(4))[:, ::-1]]
    found = calibrate("moving lamp", [np.ascontiguousarray(shot) for shot in shots], analyzer)
    assert found.flat_field is None
    assert found.light_spread > 0.1


def test_what_cannot_be_used_is_left_out_and_named(analyzer):
    told = []
    fields = [*map(photograph, GOOD), cv2.GaussianBlur(photograph(1), (0, 0), 9), dimmed(photograph(2), 0.12)]
    profile = calibrate("device", fields, analyzer, unusable=told.append)
    assert profile.fields == len(GOOD)
    assert ["out of focus" in told[0], "too dark" in told[1], len(told)] == [True, True, 2]


@pytest.mark.parametrize(("blasts", "refused"), [(3, False), (5, True)])
def test_leukemia_makes_no_profile(analyzer, monkeypatch, blasts, refused):
    cells = calibration._Measured({"nuclear": (0.6, 0.7, 0.3)}, 1.0, np.ones((8, len(features.NAMES))), LOGITS, 0)
    fields = iter([dataclasses.replace(cells, blasts=blasts), cells, cells])
    monkeypatch.setattr(calibration, "_measured", lambda *_: next(fields))
    if refused:
        with pytest.raises(InputError, match=r"of 24 leukocytes 5 look like blasts: .* without leukemia"):
            calibrate("microscope 1", [*map(photograph, GOOD)], analyzer)
    else:
        assert calibrate("microscope 1", [*map(photograph, GOOD)], analyzer).shift is not None


def test_real_leukemia_makes_no_profile(analyzer, shared_data):
    found = sorted((shared_data / "phone_leukemia").glob("20161113*"))
    fields = [path for path in found if image_size(path) == (640, 480)][:8]
    with pytest.raises(InputError, match="look like blasts"):
        calibrate("phone", fields, analyzer, unusable=lambda _: None)
