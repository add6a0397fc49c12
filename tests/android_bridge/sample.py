"""The sample app's files, and how it is compiled without an SDK."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

from tests.android_bridge.app import App
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


def compiled(app: App, folder: Path) -> Path:
    """Compile the sample and the drivers of its tests into a folder, and return that."""
    (folder / "R.java").write_text(constants(defined()))
    drivers = [Path(__file__).parent / "aar" / f"{name}Driver.java" for name in ("Focus", "Station")]
    sources = [folder / "R.java", *drivers, *SAMPLE.rglob("*.java")]
    command = ["javac", "--release", "8", "-Xlint:all,-options,-serial", "-Werror", "-cp", f"{app.stubs}:{app.jar}"]
    words = [*command, "-d", str(folder), *map(str, sources)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder
