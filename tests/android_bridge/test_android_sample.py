"""The sample app: it compiles, every resource that it names is there, and its focus meter tells sharp from blurred."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from tests import fields
from tests.android_bridge.bridge import BRIDGE

SAMPLE = BRIDGE / "sample" / "src"
RESOURCES = sorted((SAMPLE / "main" / "res").rglob("*.xml"))
XML = [
    *RESOURCES,
    SAMPLE / "main" / "AndroidManifest.xml",
    *(BRIDGE / part / "src/main/AndroidManifest.xml" for part in ("android", "litert")),
]
ANDROID = "{http://schemas.android.com/apk/res/android}"
VALUES = {"string", "color", "style"}


def defined() -> dict[str, set[str]]:
    """Names of all resources by their kind."""
    found: dict[str, set[str]] = {"id": set()}
    for file in RESOURCES:
        root = ElementTree.parse(file).getroot()
        if file.parent.name == "values":
            for entry in root:
                assert entry.tag in VALUES
                names = found.setdefault(entry.tag, set())
                assert entry.attrib["name"] not in names
                names.add(entry.attrib["name"])
        else:
            found.setdefault(file.parent.name, set()).add(file.stem)
            found["id"] |= set(re.findall(r'"@\+id/(\w+)"', file.read_text(encoding="utf-8")))
    return found


def constants(resources: dict[str, set[str]]) -> str:
    """The class of numbers that Android's build makes of resources."""
    lines = ["package org.lowcost.sample;", "final class R {"]
    for kind, names in resources.items():
        lines.append(f"static final class {kind} {{")
        lines += [f"static final int {name} = {number};" for number, name in enumerate(sorted(names))]
        lines.append("}")
    return "\n".join([*lines, "}"])


@pytest.fixture(scope="module")
def compiled(app, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    (folder / "R.java").write_text(constants(defined()))
    sources = [folder / "R.java", Path(__file__).parent / "aar" / "FocusDriver.java", *SAMPLE.rglob("*.java")]
    command = ["javac", "--release", "8", "-Xlint:all,-options,-serial", "-Werror", "-cp", f"{app.stubs}:{app.jar}"]
    words = [*command, "-d", str(folder), *map(str, sources)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_it_compiles(compiled):
    for name in ("CameraActivity", "ResultActivity", "SampleApp", "SpeedTest"):
        assert (compiled / "org/lowcost/sample" / f"{name}.class").is_file()


@pytest.mark.parametrize("file", XML, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_xml_names_is_there(compiled, file):
    text, resources = file.read_text(encoding="utf-8"), defined()
    ElementTree.fromstring(text)
    for kind, name in re.findall(r'"@(?!android:)(\w+)/(\w+)"', text):
        assert name in resources[kind], f"{kind}/{name}"
    for name in re.findall(r'(?:android:name="|<)((?:org\.lowcost\.sample)?\.?[A-Z]\w+)"', text):
        assert (compiled / "org/lowcost/sample" / f"{name.rpartition('.')[2]}.class").is_file(), name


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


def test_nothing_leaves_the_phone():
    """The camera is all that the app may use; the library may use nothing."""
    for file in XML[-3:]:
        named = [element.attrib[ANDROID + "name"] for element in ElementTree.parse(file).iter("uses-permission")]
        assert named == (["android.permission.CAMERA"] if "sample" in file.parts else [])


def test_focus_and_light(app, compiled, tmp_path):
    field = cv2.cvtColor(fields.row().pixels, cv2.COLOR_RGB2GRAY)
    shades = {"sharp": field, **{f"blur{blur}": cv2.GaussianBlur(field, (0, 0), blur) for blur in (1, 2, 4)}}
    shades |= {"dark": field // 3, "burnt": np.minimum(field.astype(int) * 3 // 2, 255).astype(np.uint8)}
    for name, plane in shades.items():
        (tmp_path / name).write_bytes(plane.tobytes())
    path = ":".join(map(str, (app.stubs, app.jar, compiled)))
    files = [str(tmp_path / name) for name in shades]
    words = ["java", "-cp", path, "org.lowcost.sample.FocusDriver", str(field.shape[1]), *files]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    found = {name: line.split() for name, line in zip(shades, lines, strict=True)}
    focus = {name: float(values[0]) for name, values in found.items()}
    assert focus["sharp"] > 2 * focus["blur1"] > 4 * focus["blur2"] > 8 * focus["blur4"]
    assert focus["dark"] > 0.8 * focus["sharp"]  # what is darker is not less sharp
    assert [values[1] for values in found.values()] == ["RIGHT"] * 4 + ["DARK", "BRIGHT"]
