"""A profile is kept, read back, refused when it is not what was written, and helps where a field cannot tell."""

from __future__ import annotations

import dataclasses
import json

import jsonschema
import numpy as np
import pytest

import lowcost
from lowcost import device, synth
from lowcost.bundle import Bundle
from lowcost.device import Device, Profile
from lowcost.errors import InputError
from lowcost.features import NAMES
from lowcost.image.quality import Quality
from lowcost.image.reading import read
from lowcost.morphology import Shift
from lowcost.pipeline import Analyzer
from lowcost.recalibration import Recalibration
from lowcost.result import Scale
from tests import profiles
from tests.profiles import SIZE

UM_PER_PX = 0.12


@pytest.fixture(scope="module")
def bundle():
    return Bundle.load()


@pytest.fixture(scope="module")
def profile(bundle):
    return dataclasses.replace(
        profiles.profile(bundle),
        um_per_px_x=UM_PER_PX,
        um_per_px_y=UM_PER_PX,
        shift=Shift((0.25, *(0.0,) * (len(NAMES) - 1)), (3, *(0,) * 12)),
        recalibration=Recalibration((1, *(0,) * 12), 1.5, tuple(0.75**k for k in range(256)), 180),
    )


@pytest.fixture
def file(profile, tmp_path):
    path = tmp_path / "device.json"
    path.write_bytes(profile.dumps())
    return path


def falloff(x, y):
    """What `profiles.FALLOFF` says of a place, as shares of width and height."""
    return 1 - 0.2 * ((2 * x - 1) ** 2 + (2 * y - 1) ** 2)


def shot(cells, cover=0.3, size=SIZE, um_per_px=UM_PER_PX, seed=3):
    width, height = size
    smear = synth.Smear(red_cell_cover=cover, platelets_per_red=0.0)
    settings = synth.Settings(smear=smear, optics=synth.Optics(unevenness=0.0))
    even = synth.render(seed, width=width, height=height, um_per_px=um_per_px, cells=cells, settings=settings).pixels
    y, x = np.mgrid[:height, :width]
    return np.rint(even * falloff((x + 0.5) / width, (y + 0.5) / height)[..., None]).astype(np.uint8)


# ---------------------------------------------------------------- the file


def test_it_reads_back_equal_and_follows_its_schema(profile, file):
    assert Profile.load(file) == profile
    data = json.loads(file.read_text())
    jsonschema.Draft202012Validator.check_schema(device.published_schema())
    jsonschema.validate(data, device.published_schema())
    assert data["digest"] == profile.digest
    assert Profile.load(file).dumps() == profile.dumps()
    assert set(device.published_schema()["properties"]) == set(data)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace('"um_per_px_x": 0.12', '"um_per_px_x": 0.13'), "was changed since it was written"),
        (lambda text: text.replace('"digest": "', '"digest": "0')[:-1], "digest: expected a text like"),
        (lambda text: text.replace('"format": 3', '"format": 4'), "has format 4, this version of lowcost reads 3: upg"),
        (lambda text: text.replace('"format": 3', '"format": 2'), "reads 3: calibrate the device again"),
        (lambda text: text.replace('"width": 640', '"width": "wide"'), 'width: expected an integer, got "wide"; cal'),
        (lambda text: text.replace('"rulers"', '"ruler"'), "rulers: missing; calibrate the device again"),
        (lambda text: text.replace("-0.2", "NaN", 1), "expected a finite number"),
        (lambda text: text[:200], "is no device profile: give the JSON that lowcost calibrate wrote"),
        (lambda _: "[1]", "is no device profile"),
        (lambda _: "{}", "is no device profile"),
    ],
)
def test_what_was_not_written_so_is_refused(change, sentence, file):
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError, match=sentence):
        Profile.load(file)


def test_a_sealed_profile_by_which_no_type_is_possible_is_refused(profile, tmp_path):
    nothing = dataclasses.replace(profile.recalibration, softmax_table=(0.0,) * 256)
    (tmp_path / "made.json").write_bytes(dataclasses.replace(profile, recalibration=nothing).dumps())
    with pytest.raises(InputError, match="table of exponentials does not begin with 1; calibrate the device again"):
        Profile.load(tmp_path / "made.json")


def test_a_missing_file_and_another_bundle_are_refused(profile, bundle, tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        Profile.load(tmp_path / "none.json")
    narrow = dataclasses.replace(profile, recalibration=Recalibration((1, 2), 1.0, (1.0,) * 256, 9))
    with pytest.raises(InputError, match=r"made with the bundle lowcost-1 .*, this one is lowcost-1"):
        Device(narrow, bundle)
    with pytest.raises(InputError, match=r"made with the bundle other 9\.9, this one is lowcost-1 .*: use that bundle"):
        Device(dataclasses.replace(profile, bundle="other 9.9"), bundle)


# ---------------------------------------------------------------- in use


@pytest.fixture(scope="module")
def alone():
    return Analyzer.load()


@pytest.fixture(scope="module")
def helped(bundle, profile):
    return Analyzer(bundle, profile)


def test_a_field_without_red_cells_gets_the_device_s_scale(alone, helped):
    pixels = shot({"neutrophil_segmented": 2, "monocyte": 1}, cover=0.0)
    assert alone.field(read(pixels)).scale.confidence < 0.35
    found = helped.field(read(pixels))
    assert found.verdict == "accepted"
    assert (found.scale.um_per_px_x, found.scale.source) == (UM_PER_PX, "device")
    assert found.scale.confidence == pytest.approx(0.96)
    assert sum(cell.is_leukocyte for cell in found.cells) == 3
    assert helped.field(read(pixels), um_per_px=0.1).scale.source == "given"


def test_a_field_that_can_tell_keeps_its_own(helped):
    found = helped.field(read(shot({"lymphocyte": 1})))
    assert found.scale.source == "red cells"
    assert found.reasons == ()


def test_contradictions_are_doubtful(helped):
    found = helped.field(read(shot({"lymphocyte": 1}, um_per_px=0.2)))
    assert found.verdict == "doubtful"
    assert any("by its red cells, 0.12 by the device profile: check objective" in reason for reason in found.reasons)
    assert found.scale.source == "red cells"
    found = helped.field(read(shot({"lymphocyte": 1})), um_per_px=0.17)
    assert any("0.17 um per px as given, 0.12 by the device profile: check objective" in r for r in found.reasons)
    image = dataclasses.replace(read(shot({"lymphocyte": 1})), um_per_px=(0.3, 0.3))
    assert any("0.3 um per px by its metadata" in reason for reason in helped.field(image).reasons)
    found = helped.field(read(shot({"lymphocyte": 1}, size=(700, 480))))
    assert any("not as large as the device profile's photographs (640 x 480 px)" in r for r in found.reasons)
    tilted = shot({"lymphocyte": 1}) * np.linspace(0.5, 1, 640)[None, :, None]
    found = helped.field(read(tilted.astype(np.uint8)))
    assert any("light falls off otherwise" in reason for reason in found.reasons)


def test_a_crowded_field_is_lit_as_the_device_is(alone, helped):
    pixels = shot({"lymphocyte": 1}, cover=0.85, seed=11)

    def error(analyzer):
        light = analyzer._finder.optics(pixels, Scale(UM_PER_PX, UM_PER_PX, "given", 1.0), analyzer.device).light
        places = [(x, y) for x in (0.05, 0.5, 0.95) for y in (0.05, 0.5, 0.95)]
        truth = [falloff(*place) for place in places]
        white = np.array([light.white_at(x, y) for x, y in places], float)
        return np.abs(white / white[4] - np.array(truth)[:, None]).max()

    assert error(helped) < 0.02
    assert error(helped) <= error(alone)


def test_a_rejection_stays_what_it_is(helped, profile):
    rejected = Quality("rejected", ("too dark",), {})
    assert helped.device.judge(rejected, None, Scale(1.0, 1.0, "unknown", 0.0), (1, 1)) == rejected
    assert helped.field(read(np.zeros((90, 90, 3), np.uint8))).verdict == "rejected"


def test_the_result_names_the_device(helped, file, profile):
    result = lowcost.analyze(shot({"lymphocyte": 1}), device=file)
    assert result.provenance["device"] == profile.name
    assert result.provenance["device_sha256"] == profile.digest
    assert lowcost.SmearResult.from_dict(result.to_dict()) == result
