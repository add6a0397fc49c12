"""From pixels to the result: Java and Python find the same cells, outline and name them alike."""

from __future__ import annotations

import io
import json
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

import lowcost
from lowcost.bundle import Bundle, seal
from lowcost.errors import InputError
from lowcost.export.json import dumps
from lowcost.image.reading import read
from lowcost.pipeline import Analyzer
from tests import fields
from tests.android_bridge.bridge import JavaError
from tests.android_bridge.decoders import compare
from tests.android_bridge.optics import same
from tests.android_bridge.parity import Parity, alike
from tests.android_bridge.pictures import SETS, photographs, rendered
from tests.profiles import profile


@pytest.fixture(scope="module")
def parity(java):
    return Parity(java, Bundle.load())


@pytest.mark.parametrize(("name", "seed"), fields.CLEAN)
def test_presets(parity, name, seed):
    result = parity(fields.preset(name, seed).pixels, f"{name} {seed}")
    assert result.cells


@pytest.mark.parametrize(
    ("name", "draw", "um_per_px"),
    [
        ("row", fields.row, 0.12),
        ("cut", fields.cut, 0.12),
        ("eyepiece", lambda: fields.eyepiece(0.9), 0.14),
        ("coarse", fields.coarse, None),
    ],
)
def test_fields(parity, name, draw, um_per_px):
    assert parity(draw().pixels, name, um_per_px).cells


@pytest.mark.parametrize("density", [0.2, 0.35])
def test_a_weak_stain(parity, density):
    assert parity(fields.weak(fields.preset("phone", 2), density), f"{density} times the density").cells


def test_what_no_view_can_show(parity):
    result = parity(fields.ring(20.0, 23.0), "ring", 0.12)
    assert "artefact" in {cell.type for cell in result.cells}


def test_empty_and_rejected_fields(parity):
    parity(np.full((200, 300, 3), 240, np.uint8), "white")
    parity(np.zeros((40, 32, 3), np.uint8), "black")
    assert not parity(np.random.default_rng(1).integers(0, 256, (90, 70, 3), np.uint8), "noise", 0.12).cells


def test_a_device(java):
    bundle = Bundle.load()
    device, pixels = profile(bundle), np.ascontiguousarray(fields.row().pixels)
    content = np.frombuffer(device.dumps(), np.uint8)
    found = java("analyze", image=pixels, bundle=str(bundle.folder), profile=content)["result"].tobytes()
    expected = json.loads(dumps(Analyzer(bundle, device).analyze(pixels)))
    alike(json.loads(found)["fields"], expected["fields"], "with a device")
    stated = json.loads(found)["provenance"]
    assert stated["lowcost"] == lowcost.__version__
    assert {name: expected["provenance"][name] for name in ("device", "device_sha256", "bundle_sha256")}.items() <= (
        stated.items()
    )


def test_progress(java):
    arguments = {"image": np.ascontiguousarray(fields.row().pixels), "bundle": str(Bundle.load().folder)}
    told = java("analyze", um_per_px=0.12, **arguments)["progress"]
    stages = list(dict.fromkeys(text.split()[0] for text in told))
    assert stages == ["OPTICS", "NUCLEI", "OUTLINES", "CELLS"]
    for stage in stages:
        with pytest.raises(JavaError, match="the analysis was cancelled") as error:
            java("analyze", um_per_px=0.12, stop_at=stage, **arguments)
        assert error.value.kind == "CancelledException"


@pytest.mark.parametrize("um_per_px", [0.0, -1.0, 2.1, 1e9])
def test_scales_that_cannot_be(java, um_per_px):
    with pytest.raises(JavaError, match="um per px must lie between 0.01 and 2.0, got .*divide 7.2 by"):
        java("analyze", image=np.zeros((64, 64, 3), np.uint8), bundle=str(Bundle.load().folder), um_per_px=um_per_px)


@pytest.mark.parametrize(("size", "kind"), [((1, 1), "TooSmall"), ((31, 400), "TooSmall"), ((9000, 9000), "TooLarge")])
def test_sizes_that_are_refused(java, size, kind):
    with pytest.raises(JavaError) as error:
        java("picture.size", size=np.array(size, np.int32))
    assert error.value.kind == f"InputException${kind}"
    with pytest.raises(InputError) as expected:
        read(np.zeros((*size[::-1], 3), np.uint8))
    assert error.value.message == str(expected.value)


@pytest.mark.parametrize("shape", [(32, 33), (64, 128), (100, 1000), (341, 128)])
def test_digests(java, shape):
    pixels = np.random.default_rng(2).integers(0, 256, (*shape, 3), np.uint8)
    found, expected = java("picture", image=pixels), read(pixels)
    assert (found["sha256"], found["picture_sha256"]) == (expected.sha256, expected.picture_sha256)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    found = java("picture", image=pixels, file=np.frombuffer(file.getvalue(), np.uint8))
    assert found["sha256"] == read(file.getvalue()).sha256


def test_rendered_smears(parity):
    """A part of what `make parity` compares; the step shares no factor with what they vary in."""
    cells = sum(len(parity(one.pixels(), one.name, one.um_per_px).cells) for one in rendered()[::23])
    assert cells > 20


@pytest.mark.parametrize(
    ("name", "count"), {**dict.fromkeys(SETS, 3), "bccd": 6, "phone_leukemia": 2, "pbc": 10}.items()
)
def test_photographs(parity, shared_data, name, count):
    pictures = photographs(shared_data, name, count)
    if not pictures:
        pytest.skip(f"needs the images of {name}")
    for picture in pictures:
        parity(picture.pixels(), picture.name, picture.um_per_px)


def test_what_disagrees_is_named(java, repository, tmp_path):
    shutil.copytree(repository / "models" / "lowcost-1", tmp_path / "other")
    file = tmp_path / "other" / "bundle.json"
    content = json.loads(file.read_text())
    content["parameters"]["nuclei"]["threshold_percent"] -= 5
    file.write_text(json.dumps(content))
    seal(file.parent)
    parity = Parity(java, Bundle.load(file.parent))
    parity.bundle = Bundle.load()  # Java keeps to the shipped one
    with pytest.raises(AssertionError, match=r"stained: \d+ of \d+ differ, first at \(\d+, \d+\): Java 0, Python 1"):
        parity(fields.row().pixels, "row", 0.12)


@pytest.mark.parametrize("name", ["bccd", "deepbionet_dev", "phone_fields", "phone_leukemia", "pbc"])
def test_jpeg_files(parity, shared_data, name):
    """Java's decoder gives the levels of Python's within one, and so the same cells."""
    pictures = photographs(shared_data, name, 2)
    if not pictures:
        pytest.skip(f"needs the images of {name}")
    for picture in pictures:
        decoded = compare(parity, picture.path.read_bytes())
        assert decoded.largest <= 1
        assert (decoded.found, decoded.same_type, decoded.spurious) == (decoded.cells, decoded.cells, 0)


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "RGBA", "P", "1"])
def test_png_files(java, mode):
    pixels = np.random.default_rng(3).integers(0, 256, (40, 50, 4), np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(content, "PNG")
    found = java("image.decode", file=np.frombuffer(content.getvalue(), np.uint8))["pixels"]
    same(found, read(content.getvalue()).pixels, mode)


def test_files_that_are_refused(java):
    for kind, array in (("TIFF", np.zeros((40, 50, 3), np.uint8)), ("PNG", np.zeros((40, 50), np.uint16))):
        content = io.BytesIO()
        Image.fromarray(array).save(content, kind)
        with pytest.raises(JavaError, match="is no JPEG or PNG file of 8 bits: save it as one"):
            java("image.decode", file=np.frombuffer(content.getvalue(), np.uint8))


def test_the_command(classes, repository, tmp_path):
    """Files of either format, one of them twice and one that is none, as `lowcost analyze` takes them."""
    pixels = fields.row().pixels
    Image.fromarray(pixels).save(tmp_path / "a.png", dpi=(25400 / 0.12,) * 2)
    Image.fromarray(pixels[::-1]).save(tmp_path / "b.jpg", quality=95, subsampling=0)
    Image.fromarray(pixels).save(tmp_path / "c.png")
    (tmp_path / "d.jpg").write_bytes(b"no picture")
    files = [str(tmp_path / name) for name in ("a.png", "b.jpg", "c.png", "d.jpg")]
    bundle, written = repository / "models" / "lowcost-1", tmp_path / "result.json"
    command = ["java", "-cp", ":".join(map(str, classes)), "org.lowcost.desktop.Analyze", str(bundle), str(written)]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    found, expected = json.loads(written.read_text()), json.loads(dumps(Analyzer.load().analyze(files)))
    assert [list(failure) for failure in found["failures"]] == [list(failure) for failure in expected["failures"]]
    assert len(found["failures"]) == 2
    assert [field["scale"]["source"] for field in found["fields"]] == ["metadata", "red cells"]
    for part in ("fields", "differential"):
        alike(found[part], expected[part], part)
