"""The sample app: it compiles, every resource that it names is there, and its focus meter tells sharp from blurred."""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from tests import fields
from tests.android_bridge.sample import ANDROID, RESOURCES, SAMPLE, XML, defined


def test_it_compiles(sample):
    for name in ("CameraActivity", "ResultActivity", "StationActivity", "SampleApp", "SpeedTest"):
        assert (sample / "org/lowcost/sample" / f"{name}.class").is_file()


@pytest.mark.parametrize("file", XML, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_xml_names_is_there(sample, file):
    text, resources = file.read_text(encoding="utf-8"), defined()
    ElementTree.fromstring(text)
    for kind, name in re.findall(r'"@(?!android:)(\w+)/(\w+)"', text):
        assert name in resources[kind], f"{kind}/{name}"
    for name in re.findall(r'(?:android:name="|<)((?:org\.lowcost\.sample)?\.?[A-Z]\w+)"', text):
        assert (sample / "org/lowcost/sample" / f"{name.rpartition('.')[2]}.class").is_file(), name


def test_every_resource_is_used():
    code = "".join(file.read_text(encoding="utf-8") for file in [*SAMPLE.rglob("*.java"), *XML])
    for kind, names in defined().items():
        for name in names:
            assert f"R.{kind}.{name}" in code or f"@{kind}/{name}" in code, f"{kind}/{name}"


def test_words_fit_what_is_put_into_them():
    """As many arguments are given as a text has places."""
    texts = {
        entry.attrib["name"]: "".join(entry.itertext())
        for entry in ElementTree.parse(SAMPLE / "main/res/values/strings.xml").getroot()
    }
    code = "".join(file.read_text(encoding="utf-8") for file in (SAMPLE / "main").rglob("*.java"))
    for name, text in texts.items():
        places = {int(number) for number in re.findall(r"%(\d)\$", text)}
        assert places == set(range(1, len(places) + 1)), name
        assert bool(places) == bool(re.search(rf"getString\(\s*R\.string\.{name},", code)), name
        assert "%" not in re.sub(r"%\d\$(\.\d)?[dsf]|%%", "", text), name


def test_no_words_in_code_or_layouts():
    for file in RESOURCES:
        for element in ElementTree.parse(file).getroot().iter():
            for attribute in ("text", "contentDescription", "label", "hint"):
                assert element.attrib.get(ANDROID + attribute, "@").startswith("@"), file.name


def test_everything_can_be_touched_and_is_described():
    for file in (SAMPLE / "main" / "res" / "layout").glob("*.xml"):
        for element in ElementTree.parse(file).getroot().iter():
            if element.tag == "Button":
                assert element.attrib[ANDROID + "minHeight"] == "48dp"
            if element.tag in ("ImageView", "org.lowcost.sample.OverlayView", "androidx.camera.view.PreviewView"):
                described = ANDROID + "contentDescription" in element.attrib
                assert described or element.attrib[ANDROID + "importantForAccessibility"] == "no"
            assert not element.attrib.get(ANDROID + "textSize", "sp").endswith(("dp", "px"))


def test_the_library_may_use_nothing_and_the_app_camera_and_network():
    for file in XML[-3:]:
        named = [element.attrib[ANDROID + "name"] for element in ElementTree.parse(file).iter("uses-permission")]
        wanted = ["android.permission.CAMERA", "android.permission.INTERNET"]
        assert named == (wanted if "sample" in file.parts else [])


def test_one_screen_alone_sends():
    spoken = {
        file.name for file in SAMPLE.rglob("*.java") if re.search(r"java\.net|Station\(", file.read_text("utf-8"))
    }
    assert spoken == {"Station.java", "StationActivity.java"}


def test_focus_and_light(app, sample, tmp_path):
    field = cv2.cvtColor(fields.row().pixels, cv2.COLOR_RGB2GRAY)
    shades = {"sharp": field, **{f"blur{blur}": cv2.GaussianBlur(field, (0, 0), blur) for blur in (1, 2, 4)}}
    shades |= {"dark": field // 3, "burnt": np.minimum(field.astype(int) * 3 // 2, 255).astype(np.uint8)}
    for name, plane in shades.items():
        (tmp_path / name).write_bytes(plane.tobytes())
    path = ":".join(map(str, (app.stubs, app.jar, sample)))
    files = [str(tmp_path / name) for name in shades]
    words = ["java", "-cp", path, "org.lowcost.sample.FocusDriver", str(field.shape[1]), *files]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {name: line.split() for name, line in zip(shades, lines, strict=True)}
    focus = {name: float(values[0]) for name, values in found.items()}
    assert focus["sharp"] > 2 * focus["blur1"] > 4 * focus["blur2"] > 8 * focus["blur4"]
    assert focus["dark"] > 0.8 * focus["sharp"]  # what is darker is not less sharp
    assert [values[1] for values in found.values()] == ["RIGHT"] * 4 + ["DARK", "BRIGHT"]
