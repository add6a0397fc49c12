"""`LowcostAnalyzer` as an app uses it: the archive's own classes and assets give what Python gives."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from lowcost import synth
from lowcost.bundle import Bundle
from lowcost.export.json import dumps
from lowcost.pipeline import Analyzer
from lowcost.result import SmearResult
from tests import fields
from tests.android_bridge.app import DRIVER
from tests.android_bridge.bridge import BRIDGE
from tests.android_bridge.parity import alike
from tests.profiles import profile


@pytest.fixture(scope="module")
def smear(tmp_path_factory):
    """Rendered fields of one slide: two that differ, a turned one, and one with transparent px."""
    folder = tmp_path_factory.mktemp("smear")
    Image.fromarray(fields.row().pixels).save(folder / "row.png")
    name, seed = fields.CLEAN[0]
    preset = Image.fromarray(fields.preset(name, seed).pixels)
    preset.save(folder / "preset.png")
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(fields.cut().pixels).save(folder / "turned.png", exif=exif)
    clear = np.dstack([fields.row().pixels, np.full((480, 640), 255, np.uint8)])
    clear[:, 400:, 3] = np.arange(480)[:, None] % 256
    Image.fromarray(clear).save(folder / "clear.png")
    return folder


def same(line: str, expected: SmearResult) -> None:
    """Assert that the bytes are Python's, up to the last digits of some features, and to what names the machine."""
    found, known = json.loads(line), json.loads(dumps(expected))
    assert found["provenance"]["bundle_sha256"] == known["provenance"]["bundle_sha256"]
    assert len(found["failures"]) == len(known["failures"])
    for data in (found, known):
        del data["provenance"], data["failures"]  # Python calls files by their paths, an app has none to tell
    alike(found, known, "result")


def test_fields_of_a_slide(app, smear):
    files = [smear / name for name in ("row.png", "preset.png", "turned.png", "clear.png", "row.png")]
    (line,) = app("analyze", app.assets, *files)
    expected = Analyzer(Bundle.load()).analyze(files)
    assert sum(len(field.cells) for field in expected.fields) > 10
    assert len(expected.failures) == 1  # the same picture twice
    same(line, expected)


def test_bitmaps(app, smear):
    """The result does not depend on where the px of a bitmap lie."""
    plain, hardware, wide = app("bitmaps", app.assets, smear / "row.png")
    assert plain == hardware == wide
    found = json.loads(plain)
    pixels = np.asarray(Image.open(smear / "row.png"))
    expected = json.loads(dumps(Analyzer(Bundle.load()).analyze(pixels, um_per_px=0.12)))
    found["fields"][0]["name"] = expected["fields"][0]["name"]
    alike(found["fields"], expected["fields"], "bitmap")


def test_threads(app, smear):
    lines = app("threads", app.assets, smear / "preset.png", "8")
    assert len(lines) == 8
    assert len(set(lines)) == 1


def test_progress_and_cancelling(app, smear):
    told = app.told("progress", app.assets, smear / "row.png")
    assert list(told) == ["OPTICS", "NUCLEI", "OUTLINES", "CELLS", "again"]
    assert told.pop("again") == ("nothing", "")
    assert set(told.values()) == {
        ("CancelledException", "the analysis was cancelled: nothing of this photograph was kept")
    }


def test_a_device(app, smear, tmp_path):
    device = profile(Bundle.load())
    (tmp_path / "my.json").write_bytes(device.dumps())
    (line,) = app("device", app.assets, tmp_path / "my.json", smear / "row.png")
    found = json.loads(line)
    assert found["provenance"]["device_sha256"] == device.digest
    expected = json.loads(dumps(Analyzer(Bundle.load(), device).analyze(smear / "row.png")))
    alike(found["fields"], expected["fields"], "device")


def test_photographs_that_cannot_be(app, smear, tmp_path):
    """Each has an exception of its own, whose text says what to do; the analyzer goes on working."""
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "cut.png").write_bytes((smear / "row.png").read_bytes()[:20_000])
    Image.open(smear / "row.png").save(tmp_path / "cut.jpg", exif=Image.open(smear / "turned.png").getexif())
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:20_000])
    (tmp_path / "endless.jpg").write_bytes(bytes(70_000_000))
    files = [
        smear / "row.png",
        *(tmp_path / name for name in ("text.jpg", "cut.png", "cut.jpg", "endless.jpg", "absent.jpg")),
    ]
    told = app.told("refused", app.assets, *files)
    kinds = {
        "null": ("Missing", "null: check what the camera or the decoder returned"),
        "recycled": ("Recycled", "analyse a bitmap before calling recycle"),
        "1x1": ("InputException$TooSmall", "expected at least 32 x 32: give the original photograph"),
        "8192x8192": ("NotEnoughMemory", "and the app has 2.. MB: set android:largeHeap, photograph at a lower"),
        "16000x16000": ("InputException$TooLarge", "more than the limit of 80 million: cut it into fields"),
        "hardware": ("Unreadable", "HARDWARE and cannot be copied to ARGB_8888: decode it with inPreferredConfig"),
        "ALPHA_8": ("TooFewColours", "ALPHA_8, which has lost colours: decode it with inPreferredConfig ARGB_8888"),
        "RGB_565": ("TooFewColours", "RGB_565, which has lost colours: decode it with inPreferredConfig ARGB_8888"),
        "ARGB_4444": ("TooFewColours", "ARGB_4444, which has lost colours: decode it with inPreferredConfig"),
        "scale": ("InputException", "um per px must lie between 0.01 and 2.0, got 7.0"),
        "none": ("InputException", "expected photographs, got none: name one at least"),
        "text.jpg": ("Undecodable", "text.jpg cannot be opened or decoded: give a JPEG or PNG file that is whole"),
        "cut.png": ("Undecodable", "give a JPEG or PNG file that is whole"),
        "cut.jpg": ("Undecodable", "give a JPEG or PNG file that is whole"),
        "endless.jpg": ("Undecodable", r"\(larger than .* bytes\): give"),
        "absent.jpg": ("Undecodable", r"\(.*absent.jpg \(No such file or directory\)\): give"),
        "profile": ("InputException", "row.png is no device profile: give the JSON that lowcost calibrate wrote"),
        "no profile": ("InputException", "cannot be read: give the file that lowcost calibrate wrote"),
        "good": ("nothing", ""),
    }
    assert list(told) == list(kinds)
    for what, (kind, sentence) in kinds.items():
        assert told[what][0] in (kind, f"PhotographException${kind}"), what
        assert sentence == "" or re.search(sentence, told[what][1]), (what, told[what][1])


@pytest.mark.parametrize(("command", "heap", "sdk"), [("analyze", "256m", 35), ("large", "168m", 24)])
def test_twelve_megapixels(app, tmp_path, command, heap, sdk):
    """A file within 256 MB, though the desktop's decoder takes much of it; a bitmap within what is estimated."""
    cells = ["neutrophil_segmented", "lymphocyte"]
    part = synth.render(5, width=1000, height=750, um_per_px=0.1, cells=cells).pixels
    row = np.concatenate([part, part[:, ::-1]] * 2, axis=1)
    Image.fromarray(np.concatenate([row, row[::-1]] * 2)).save(tmp_path / "large.jpg", quality=92)
    Image.fromarray(part).save(tmp_path / "tile.png")
    file = tmp_path / ("large.jpg" if command == "analyze" else "tile.png")
    (line,) = app(command, app.assets, file, heap=heap, sdk=sdk)
    (field,) = json.loads(line)["fields"]
    assert (field["width"], field["height"]) == (4000, 3000)
    assert len(field["cells"]) >= 16


def test_a_heap_that_is_too_small(app, smear):
    told = app.told("refused", app.assets, smear / "row.png", heap="34m")
    assert told["good"][0] == "PhotographException$NotEnoughMemory"
    assert "640 x 480 px, which takes about 34 MB of heap" in told["good"][1]


def test_bundles_that_cannot_be(app, tmp_path):
    """Each fault has an exception of its own, whose text says what to do; a bundle in an archive is one, too."""
    good = app.assets / "lowcost-1"
    places = {name: shutil.copytree(good, tmp_path / name) for name in ("cut", "changed", "newer", "short")}
    (places["cut"] / "bundle.json").write_bytes((good / "bundle.json").read_bytes()[:5000])
    network = (good / "cell_type.tflite").read_bytes()
    (places["changed"] / "cell_type.tflite").write_bytes(network[:5000] + b"\0" + network[5001:])
    index = (good / "bundle.json").read_bytes()
    (places["newer"] / "bundle.json").write_bytes(index.replace(b'"format": 1', b'"format": 2'))
    (places["short"] / "morphology.json").unlink()
    archive = shutil.make_archive(str(tmp_path / "whole"), "zip", good)
    told = app.told("load", good, archive, tmp_path / "absent", *places.values())
    expected = [
        ("nothing", ""),
        ("nothing", ""),
        ("BundleException$Missing", "is no bundle: it holds no bundle.json; give the folder that does"),
        ("BundleException$Damaged", "is damaged or cut short: restore the bundle"),
        ("BundleException$TamperedWith", "is not the one that was sealed .*: restore the bundle"),
        ("BundleException$OtherFormat", "has format 2, this version of lowcost reads 1: upgrade lowcost"),
        ("BundleException$Missing", "lacks its file 'morphology.json': restore the bundle"),
    ]
    for (kind, text), (known, sentence) in zip(told.values(), expected, strict=True):
        assert kind == known
        assert re.search(sentence, text), text


def test_litert(app, smear, tmp_path):
    """Through the interface of LiteRT the same cells come out, also of many threads, and its fault is the bundle's."""
    sources = [*(BRIDGE / "litert/src/main/java").rglob("*.java"), *(DRIVER.parent / "litert").glob("*.java")]
    path = f"{tmp_path}:{app.stubs}:{app.jar}"
    command = ["javac", "-Xlint:-path", "-cp", path, "-d", str(tmp_path), *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    words = ["java", "-Xmx256m", "-cp", path, "LiteRtDriver", str(app.assets / "lowcost-1"), str(smear / "row.png")]
    *lines, refusal = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    own, *others = (json.loads(line) for line in lines)
    assert len(others) == 4
    for other in others:
        assert other["provenance"]["runtime"] == "litert 9.9"
        assert other["fields"] == own["fields"]
    assert "LiteRT cannot load the bundle's network: use the bundle made for this version" in refusal
