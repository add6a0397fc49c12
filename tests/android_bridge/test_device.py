"""Java accepts the device profiles that Python accepts, refuses those that it refuses, and uses them alike."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lowcost import features, synth
from lowcost.bundle import Bundle
from lowcost.device import Device
from lowcost.errors import InputError
from lowcost.morphology import Shift
from lowcost.recalibration import Recalibration
from lowcost.result import Scale
from tests import profiles
from tests.android_bridge.bridge import JavaError
from tests.android_bridge.optics import Comparison
from tests.profiles import FALLOFF, SIZE


@pytest.fixture(scope="module")
def bundle():
    return Bundle.load()


@pytest.fixture(scope="module")
def profile(bundle):
    return profiles.profile(bundle)


def read(java, bundle, content):
    return java("device", profile=np.frombuffer(content, np.uint8), name="my.json", bundle=str(bundle.folder))


def test_a_profile_is_accepted(java, bundle, profile):
    assert read(java, bundle, profile.dumps()) == {"name": profile.name, "digest": profile.digest}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace(b'"um_per_px_x": 0.12', b'"um_per_px_x": 0.13'), "my.json was changed since"),
        (lambda text: text.replace(b'"digest": "', b'"digest": "0')[:-1], "my.json was changed since"),
        (
            lambda text: text.replace(b'"format": 3', b'"format": 4'),
            "has format 4, this version of lowcost reads 3: upg",
        ),
        (lambda text: text.replace(b'"format": 3', b'"format": 2'), "reads 3: calibrate the device again"),
        (lambda text: text.replace(b'"width": 640', b'"width": "wide"'), "my.json was changed since"),
        (lambda text: text.replace(b"-0.2", b"NaN", 1), "my.json is no device profile: give the JSON that"),
        (lambda text: text[:200], "my.json is no device profile: give the JSON that lowcost calibrate wrote"),
        (lambda _: b"[1]", "is no device profile"),
        (lambda _: b"{}", "is no device profile"),
        (lambda _: b'{"format": 3, "digest": ""}', "was changed since"),
    ],
)
def test_what_was_not_written_so_is_refused(java, bundle, profile, change, sentence):
    with pytest.raises(JavaError, match=sentence) as error:
        read(java, bundle, change(profile.dumps()))
    assert error.value.kind == "InputException"


TABLE = tuple(0.5**k for k in range(256))


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"um_per_px_y": -0.1},
        {"flat_field": FALLOFF[:5]},
        {"recalibration": Recalibration((0,) * 13, 1.0, TABLE[:255], 60)},
        {"recalibration": Recalibration((0,) * 13, 1.0, (0.0,) * 256, 60)},
        {"recalibration": Recalibration((300,) * 13, 1.0, TABLE, 60)},
    ],
)
def test_a_sealed_profile_that_makes_no_sense_is_refused(java, bundle, profile, change):
    with pytest.raises(JavaError, match="is no device profile"):
        read(java, bundle, dataclasses.replace(profile, **change).dumps())


@pytest.mark.parametrize(
    "change",
    [
        {"bundle": "other 9.9"},
        {"shift": Shift((), (1, 2))},
        {"shift": Shift((0.0,) * len(features.NAMES), ())},
        {"recalibration": Recalibration((1, 2), 1.0, TABLE, 60)},
    ],
)
def test_a_profile_of_another_bundle_is_refused(java, bundle, profile, change):
    other = dataclasses.replace(profile, **change)
    with pytest.raises(JavaError, match=r"made with the bundle .*, this one is lowcost-1 .*: use that bundle"):
        read(java, bundle, other.dumps())
    with pytest.raises(InputError):
        Device(other, bundle)


def test_a_profile_without_a_shift(java, bundle, profile):
    without = dataclasses.replace(profile, shift=None, recalibration=None)
    assert read(java, bundle, without.dumps()) == {"name": without.name, "digest": without.digest}


def shot(cells, cover=0.3, size=SIZE, um_per_px=0.12, unevenness=0.0):
    width, height = size
    smear = synth.Smear(red_cell_cover=cover, platelets_per_red=0.0)
    settings = synth.Settings(smear=smear, optics=synth.Optics(unevenness=unevenness))
    even = synth.render(3, width=width, height=height, um_per_px=um_per_px, cells=cells, settings=settings).pixels
    y, x = np.mgrid[:height, :width]
    light = 1 - 0.2 * ((2 * (x + 0.5) / width - 1) ** 2 + (2 * (y + 0.5) / height - 1) ** 2)
    return np.rint(even * light[..., None]).astype(np.uint8)


@pytest.mark.parametrize(
    ("cells", "case", "reason"),
    [
        ({"monocyte": 2}, {"cover": 0.0}, ""),
        ({"lymphocyte": 1}, {}, ""),
        ({"lymphocyte": 1}, {"cover": 0.85}, ""),
        ({"lymphocyte": 1}, {"um_per_px": 0.2}, "um per px by its red cells, 0.122 by the device profile"),
        ({"lymphocyte": 1}, {"size": (700, 480)}, "not as large as the device profile's photographs"),
        ({"lymphocyte": 1}, {"unevenness": 0.6}, "the light falls off otherwise"),
    ],
)
def test_optics_with_a_device(java, bundle, profile, cells, case, reason):
    compare = Comparison(java, bundle)
    pixels = shot(cells, **case)
    device = Device(profile, bundle)
    optics = compare(pixels, "measured", device=device)
    assert any(reason in text for text in optics.quality.reasons) or not reason
    if case == {"cover": 0.0}:
        assert optics.scale.source == "device"
    compare(pixels, "given", Scale(0.2, 0.21, "given", 1.0), device)
    compare(pixels, "no flat field", device=Device(dataclasses.replace(profile, flat_field=None), bundle))
    compare(np.zeros((480, 640, 3), np.uint8), "black", device=device)
