"""What the README for Android developers says is so: its code compiles, its figures and names hold."""

from __future__ import annotations

import re
import subprocess

from tests.android_bridge.bridge import BRIDGE

README = (BRIDGE / "README.md").read_text(encoding="utf-8")

FRAME = """
import android.content.Context;
import android.graphics.Bitmap;
import android.util.Log;
import java.io.File;
import java.util.*;
import org.lowcost.*;
import org.lowcost.android.*;
import org.lowcost.android.litert.LiteRtRuntime;

final class Snippet%d {
    static void run(Context context, Bitmap bitmap, List<File> files%s) throws Exception {
%s
    }
}
"""


def test_its_code_compiles(app, tmp_path):
    snippets = re.findall(r"```java\n(.*?)```", README, re.DOTALL)
    assert len(snippets) == 4
    sources = [str(file) for file in (BRIDGE / "litert/src/main/java").rglob("*.java")]
    for number, code in enumerate(snippets):
        given = "" if "LowcostAnalyzer analyzer =" in code else ", LowcostAnalyzer analyzer"
        file = tmp_path / f"Snippet{number}.java"
        file.write_text(FRAME % (number, given, code))
        sources.append(str(file))
    command = ["javac", "--release", "8", "-Xlint:-options", "-cp", f"{app.stubs}:{app.jar}", "-d", str(tmp_path)]
    done = subprocess.run([*command, *sources], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", README):
        assert (BRIDGE / target).exists(), target


def test_every_exception_is_told():
    sources = [
        BRIDGE / "core/src/main/java/org/lowcost/BundleException.java",
        BRIDGE / "core/src/main/java/org/lowcost/InputException.java",
        BRIDGE / "android/src/main/java/org/lowcost/android/PhotographException.java",
    ]
    for file in sources:
        for name in re.findall(r"public static final class (\w+)", file.read_text(encoding="utf-8")):
            assert f"{file.stem}.{name}`" in README or f"`.{name}`" in README, name


def test_its_size_holds(app):
    stated = float(re.search(r"the AAR has ([\d.]+) MB", README)[1])  # type: ignore[index]
    assert abs(len(app.archive) / 1e6 - stated) < 0.1
